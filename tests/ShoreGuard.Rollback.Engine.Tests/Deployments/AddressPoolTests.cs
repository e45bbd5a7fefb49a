using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Tests.Deployments;

public sealed class AddressPoolTests
{
    private const string Subnet = """{"Subnet":"172.18.0.0/16","Gateway":"172.18.0.1"}""";

    [Theory]
    [InlineData(Subnet, "172.18.0.2", "172.18.0.2", true)]
    [InlineData(Subnet, "172.18.0.4", "172.18.0.2 172.18.0.3 172.18.0.4 172.18.0.9", true)]
    [InlineData(Subnet, "172.18.0.4", "172.18.0.2 172.18.0.4", false)]
    [InlineData(Subnet, "172.18.0.4", "172.18.0.4", false)]
    [InlineData("""{"Subnet":"172.18.0.0/16","Gateway":"172.18.0.4","AuxiliaryAddresses":{"x":"172.18.0.1"}}""", "172.18.0.3", "172.18.0.2 172.18.0.3", true)]
    [InlineData("""{"Subnet":"172.18.0.0/16","IPRange":"172.18.5.0/24","Gateway":"172.18.0.1"}""", "172.18.5.1", "172.18.5.0 172.18.5.1", true)]
    [InlineData("""{"Subnet":"172.18.0.0/16","IPRange":"172.18.5.0/24","Gateway":"172.18.0.1"}""", "172.18.5.1", "172.18.5.1", false)]
    [InlineData("""{"Subnet":"10.0.0.0/8"}""", "172.18.0.2", "172.18.0.2", false)]
    public void An_address_comes_back_where_it_is_the_lowest_that_is_free(string pool, string own, string members, bool expected) =>
        Assert.Equal(expected, AddressPool.GivesBack(Network("bridge", pool, members), Endpoint(own)));

    [Fact]
    public void Of_other_networks_nothing_is_promised()
    {
        Assert.False(AddressPool.GivesBack(Network("macvlan", Subnet, "172.18.0.2"), Endpoint("172.18.0.2")));
        Assert.False(AddressPool.GivesBack(Network("bridge", Subnet, ""), Endpoint("")));
        Assert.False(AddressPool.GivesBack(Network("bridge", Subnet, ""), null));
    }

    [Fact]
    public void Nor_of_an_IPv6_address()
    {
        var endpoint = Endpoint("172.18.0.2");
        endpoint.Json["GlobalIPv6Address"] = "fd00::2";
        Assert.False(AddressPool.GivesBack(Network("bridge", Subnet, "172.18.0.2"), endpoint));
    }

    private static EndpointView Endpoint(string address) => new("n", new() { ["IPAddress"] = address });

    private static NetworkView Network(string driver, string pool, string members) => new(new()
    {
        ["Driver"] = driver,
        ["IPAM"] = new JsonObject { ["Config"] = new JsonArray(JsonNode.Parse(pool)) },
        ["Containers"] = new JsonObject(members.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select((address, at) => KeyValuePair.Create($"{at}", (JsonNode?)new JsonObject { ["IPv4Address"] = $"{address}/16" }))),
    });
}
