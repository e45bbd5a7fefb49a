using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Compose;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>The MAC addresses that a user has chosen for a container, by network. DHCP reservations, licences and firewall rules hang on them.</summary>
/// <remarks>
/// From API 1.44 on an address belongs to a connection and not to the container, and an inspection does not tell a chosen one from one that the
/// engine has made up, which must never be taken over. So it is the user's if the Compose files have it, if it is the container's own
/// setting, or if it is not locally administered: an engine makes up none of those.
/// </remarks>
internal static class ChosenAddresses
{
    private const int LocallyAdministered = 0x02;

    /// <summary>Those of a container.</summary>
    /// <param name="container">The inspected container.</param>
    /// <param name="deployment">Whose Compose files may know more.</param>
    public static IReadOnlyDictionary<string, string> Of(ContainerView container, Deployment deployment)
    {
        var known = Known(deployment);
        var own = container.MacAddress;
        return Connections(container)
            .Where(each => known.Contains(each.Mac) || IsSame(each.Mac, own) || (Bytes(each.Mac) is [var first, ..] && (first & LocallyAdministered) == 0))
            .ToDictionary(each => each.Network, each => each.Mac, StringComparer.Ordinal);
    }

    /// <summary>Those that look chosen and cannot be told from the engine's, so that they are not kept; each a sentence.</summary>
    /// <remarks>Engines before 28 make one up out of the IPv4 address, later ones at random.</remarks>
    public static IEnumerable<string> Uncertain(ContainerView container, Deployment deployment)
    {
        var kept = Of(container, deployment);
        return from each in Connections(container)
               where !kept.ContainsKey(each.Network) && Bytes(each.Mac) is [0x02, 0x42, .. var rest] && !rest.SequenceEqual(each.Address)
               select $"The MAC address {each.Mac} on the network {each.Network} looks as if somebody had chosen it, but only the Compose file or the engine's "
                   + "settings could tell, and do not: "
                   + "the new container gets another one.";
    }

    private static HashSet<string> Known(Deployment deployment)
    {
        try
        {
            return ComposeProject.Has(deployment)
                ? ComposeProject.Read(deployment).MacAddresses().Select(Canonical).ToHashSet(StringComparer.OrdinalIgnoreCase) : [];
        }
        catch (ShoreGuardException)
        {
            return []; // Whether a Compose file that cannot be read matters is decided where the pin is.
        }
    }

    // An engine below API 1.44 has one address for the container alone, and does not take any here.
    private static IEnumerable<(string Network, string Mac, byte[] Address)> Connections(ContainerView container) =>
        from network in container.Json.At("NetworkSettings", "Networks") as JsonObject ?? []
        where network.Value is JsonObject connection && connection.ContainsKey("DNSNames")
        let mac = network.Value.Text("MacAddress")
        where mac is not null
        select (network.Key, Canonical(mac), System.Net.IPAddress.TryParse(network.Value.Text("IPAddress"), out var address) ? address.GetAddressBytes() : []);

    private static bool IsSame(string mac, string? other) => other is not null && string.Equals(mac, Canonical(other), StringComparison.OrdinalIgnoreCase);

    private static string Canonical(string mac) => mac.Replace('-', ':').ToLowerInvariant();

    private static byte[] Bytes(string mac)
    {
        try
        {
            return Convert.FromHexString(mac.Replace(":", "", StringComparison.Ordinal));
        }
        catch (FormatException)
        {
            return [];
        }
    }
}
