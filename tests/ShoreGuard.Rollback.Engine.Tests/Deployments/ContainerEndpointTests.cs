using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Tests.Deployments;

public sealed class ContainerEndpointTests
{
    private const string Here = "unix:///var/run/docker.sock";
    private const string There = "tcp://engine.example:2376";

    [Theory]
    [InlineData("0.0.0.0", Here, "http://localhost:80/", ProbeRoute.PublishedPort)]
    [InlineData("127.0.0.1", Here, "http://127.0.0.1:80/", ProbeRoute.PublishedPort)]
    [InlineData("127.0.0.1", "tcp://127.0.0.1:2375", "http://127.0.0.1:80/", ProbeRoute.PublishedPort)]
    [InlineData("0.0.0.0", There, "http://engine.example:80/", ProbeRoute.PublishedPort)]
    [InlineData("192.0.2.7", There, "http://192.0.2.7:80/", ProbeRoute.PublishedPort)]
    // Published for that machine alone: the loopback here is another one.
    [InlineData("127.0.0.1", There, "http://172.18.0.2:8888/", ProbeRoute.ContainerNetwork)]
    [InlineData("::1", There, "http://172.18.0.2:8888/", ProbeRoute.ContainerNetwork)]
    [InlineData(null, Here, "http://172.18.0.2:8888/", ProbeRoute.ContainerNetwork)]
    public void A_running_container_answers_where_it_is_published_for_us_else_at_its_own_address(string? publishedOn, string dockerHost, string uri, ProbeRoute route)
    {
        var ports = publishedOn is null ? "" : $$"""
            "8888/tcp":[{"HostIp":"{{publishedOn}}","HostPort":"80"}]
            """;
        var container = Container(ports, """{"n":{"NetworkID":"0123456789abcdef","IPAddress":"172.18.0.2"}}""");

        Assert.Equal((new Uri(uri), route), ContainerEndpoint.Find(container, null, dockerHost));
        Assert.Equal(route, ContainerEndpoint.RouteTo(container, new Uri(uri)));
    }

    [Theory]
    [InlineData(true, "none", null, ProbeRoute.ContainerNetwork)]
    [InlineData(false, "none", null, null)]
    [InlineData(false, "n", null, null)]
    [InlineData(true, "host", "http://localhost:8888/", ProbeRoute.HostNetwork)]
    public void One_without_an_address_of_its_own(bool running, string mode, string? uri, ProbeRoute? route)
    {
        var container = Container("", $$"""{"{{mode}}":{"NetworkID":"0123456789abcdef","IPAddress":""} }""", mode, running);

        Assert.Equal((uri is null ? null : new Uri(uri), route), ContainerEndpoint.Find(container, null, Here));
        Assert.Equal(new Uri("http://127.0.0.1:8888/"), ContainerEndpoint.Inside(container));
    }

    [Fact]
    public void One_in_another_s_network_answers_where_that_one_publishes()
    {
        var owner = Container("""
            "8888/tcp":[{"HostIp":"127.0.0.1","HostPort":"8080"}]
            """, """{"n":{"NetworkID":"0123456789abcdef","IPAddress":"172.18.0.2"}}""");
        var container = Container("", "{}", "container:f");

        Assert.Equal((new Uri("http://127.0.0.1:8080/"), ProbeRoute.PublishedPort), ContainerEndpoint.Find(container, owner, Here));
        Assert.Equal(ProbeRoute.PublishedPort, ContainerEndpoint.RouteTo(container, new Uri("http://127.0.0.1:8080/")));
    }

    // The loopback has the address, and is no bridge of that network.
    [Theory]
    [InlineData("0123456789abcdef", "127.0.0.1")]
    [InlineData("lo", "127.0.0.1")]
    [InlineData(null, "172.18.0.2")]
    [InlineData("0123456789abcdef", "not an address")]
    public void Only_a_bridge_with_the_network_s_id_proves_that_it_is_here(string? networkId, string address) =>
        Assert.False(LocalBridge.LeadsTo(networkId, address));

    private static JsonObject Container(string ports, string networks, string mode = "n", bool running = true) => (JsonObject)JsonNode.Parse($$"""
        {"Id":"f","State":{"Running":{{(running ? "true" : "false")}}},"HostConfig":{"NetworkMode":"{{mode}}"},"Config":{"Env":[]},
         "NetworkSettings":{"Ports":{ {{ports}} },"Networks":{{networks}} } }
        """)!;
}
