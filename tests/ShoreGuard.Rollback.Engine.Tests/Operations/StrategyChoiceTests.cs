using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations.Switching;

namespace ShoreGuard.Rollback.Engine.Tests.Operations;

/// <summary>What two containers at once cannot both have is found out before one of them is made.</summary>
public sealed class StrategyChoiceTests
{
    // An address that the engine made up moves with the network; one of the user's own is taken when a container is made.
    [Theory]
    [InlineData(SwitchStrategy.HotSwap, "00:16:3e:33:44:55", true)]
    [InlineData(SwitchStrategy.BlueGreen, "00:16:3e:33:44:55", true)]
    [InlineData(SwitchStrategy.HotSwap, "02:42:ac:12:00:02", false)]
    public async Task A_MAC_address_of_the_users_own(SwitchStrategy strategy, string address, bool isRefused)
    {
        var container = Container(address, isPublished: strategy == SwitchStrategy.HotSwap);

        if (!isRefused)
        {
            Assert.Equal(strategy, (await ChooseAsync(container, strategy)).Kind);
            return;
        }
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => ChooseAsync(container, strategy));
        Assert.Equal("StrategyImpossible", error.Id);
        Assert.Contains("MAC address of its own", error.Message, StringComparison.Ordinal);
    }

    private static Task<StrategyChoice> ChooseAsync(ContainerView container, SwitchStrategy strategy) =>
        StrategyChoice.MakeAsync(null!, container, DeploymentCatalog.Describe(container, image: null, "unix:///run/docker.sock"), false, strategy,
            TestContext.Current.CancellationToken);

    private static ContainerView Container(string address, bool isPublished) => new((JsonObject)JsonNode.Parse($$"""
        {"Id":"8dfafdbc3a40","Created":"2026-01-01T00:00:00Z","Name":"/prod","Image":"sha256:00","State":{"Status":"running","Running":true,"StartedAt":"2026-01-01T00:00:00Z"},
        "Config":{"Hostname":"8dfafdbc3a40","Env":["SHOREGUARD_DATABASE_URL=sqlite:////data/shoreguard.db"],"Image":"shoreguard:0.27.0","Labels":{} },
        "HostConfig":{"NetworkMode":"prod","PortBindings":{{Ports(isPublished)}} },
        "Mounts":[{"Type":"volume","Name":"data","Source":"/v","Destination":"/data","RW":true}],
        "NetworkSettings":{"Networks":{"prod":{"Aliases":["shoreguard"],"DNSNames":["shoreguard"],"IPAddress":"172.18.0.2","MacAddress":"{{address}}","NetworkID":"1"} } } }
        """)!);

    private static string Ports(bool isPublished) => isPublished ? """{"8888/tcp":[{"HostIp":"127.0.0.1","HostPort":"8888"}]}""" : "{}";
}
