using System.Net;
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
    public void A_running_container_answers_where_it_is_published_for_us_else_at_its_own_address(
        string? publishedOn, string dockerHost, string uri, ProbeRoute route)
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

    [Theory]
    [InlineData("br-0123456789ab\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0   ", true)]
    [InlineData("br-0123456789ac\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0", false)]
    [InlineData("br-0123456789ab\t000013AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0", false)]
    [InlineData("br-0123456789ab\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0", false)]
    [InlineData("br-0123456789ab\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0", false)]
    [InlineData("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT", false)]
    [InlineData("br-0123456789ab\tnothing", false)]
    [InlineData("", false)]
    public void A_route_leads_to_an_address_when_the_bridge_and_the_network_are_its_own(string line, bool leads)
    {
        Assert.SkipUnless(BitConverter.IsLittleEndian, "The table is written in the machine's own order.");
        Assert.Equal(leads, LocalBridge.InterfaceTo(line, IPAddress.Parse("172.18.0.2")) == "br-0123456789ab");
    }

    [Theory]
    [InlineData("fd000123000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 "
        + "br-0123456789ab", true)]
    [InlineData("fd000124000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 "
        + "br-0123456789ab", false)]
    [InlineData("fd000123000000000000000000000000 40 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000100 00000001 00000000 00000001 "
        + "br-0123456789ab", false)]
    [InlineData("00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 "
        + "br-0123456789ab", false)]
    [InlineData("", false)]
    public void The_same_holds_for_the_newer_protocol(string line, bool leads) =>
        Assert.Equal(leads, LocalBridge.InterfaceV6To(line, IPAddress.Parse("fd00:123::7")) == "br-0123456789ab");

    private static ContainerView Container(string ports, string networks, string mode = "n", bool running = true) => new((JsonObject)JsonNode.Parse($$"""
        {"Id":"f","State":{"Running":{{(running ? "true" : "false")}}},"HostConfig":{"NetworkMode":"{{mode}}"},"Config":{"Env":[]},
         "NetworkSettings":{"Ports":{ {{ports}} },"Networks":{{networks}} } }
        """)!);
}
