using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>The addresses of a bridge network, of which the engine gives out the lowest that is free.</summary>
internal static class AddressPool
{
    /// <summary>Whether a container that leaves the network and joins it again at once gets the address it had.</summary>
    /// <param name="network">The inspected network.</param>
    /// <param name="endpoint">The container's inspected connection to it.</param>
    public static bool GivesBack(NetworkView network, EndpointView? endpoint)
    {
        // An IPv6 address may be derived from the link's, which is another each time.
        if (network.Driver != "bridge" || endpoint?.Address6 is not null || Number(endpoint?.Address) is not { } own)
            return false;
        if (LowestOf(network, own) is not { } lowest)
            return false;
        var taken = Taken(network);
        for (var address = lowest; address < own; address++)
        {
            if (!taken.Contains(address))
                return false;
        }
        return true;
    }

    // Where a range is set, it is the pool; the subnet's own address, its first, belongs to nobody.
    private static uint? LowestOf(NetworkView network, uint own)
    {
        foreach (var pool in network.Json.At("IPAM", "Config") as JsonArray ?? [])
        {
            if (IPNetwork.TryParse(pool.Text("Subnet"), out var subnet) && subnet.Contains(Address(own)))
                return IPNetwork.TryParse(pool.Text("IPRange"), out var range)
                    ? Number(range.BaseAddress.ToString()) : Number(subnet.BaseAddress.ToString()) + 1;
        }
        return null;
    }

    private static HashSet<uint> Taken(NetworkView network)
    {
        var members = (network.Json["Containers"] as JsonObject ?? []).Select(member => member.Value.Text("IPv4Address"));
        var pools = (network.Json.At("IPAM", "Config") as JsonArray ?? []).SelectMany(pool =>
            (pool.At("AuxiliaryAddresses") as JsonObject ?? []).Select(address => (string?)address.Value).Append(pool.Text("Gateway")));
        return [.. members.Concat(pools).Select(Number).OfType<uint>()];
    }

    private static uint? Number(string? address) =>
        IPAddress.TryParse(address?.Split('/')[0], out var parsed) && parsed.AddressFamily == AddressFamily.InterNetwork
            ? BinaryPrimitives.ReadUInt32BigEndian(parsed.GetAddressBytes())
            : null;

    private static IPAddress Address(uint number)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new(bytes);
    }
}
