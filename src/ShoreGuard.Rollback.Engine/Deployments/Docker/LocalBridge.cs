using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>Tells whether a network of an engine is on this machine.</summary>
/// <remarks>
/// Every engine gives out the same private addresses, so one that answers proves nothing: behind a tunnel it may be another container,
/// of the engine here. An engine names the bridge of a network after the network's id, which no two engines share (moby,
/// <c>daemon/libnetwork/drivers/bridge</c>). The default network's bridge is always <c>docker0</c>, and tells nothing.
/// </remarks>
internal static class LocalBridge
{
    private const int IdLength = 12;

    /// <summary>Whether the network's bridge is here, and has an address from which the container's can be reached.</summary>
    public static bool LeadsTo(string? networkId, string address)
    {
        if (!OperatingSystem.IsLinux() || networkId is not { Length: >= IdLength } || !IPAddress.TryParse(address, out var target))
            return false;
        var name = $"br-{networkId[..IdLength]}";
        return NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(each => each.Name == name) is { } bridge && IsOnLink(bridge, target);
    }

    // A bridge without an address, as of an isolated network, leads nowhere from here.
    private static bool IsOnLink(NetworkInterface bridge, IPAddress target) =>
        bridge.GetIPProperties().UnicastAddresses.Any(own => own.Address.AddressFamily == target.AddressFamily
            && own.Address is not { AddressFamily: AddressFamily.InterNetworkV6, IsIPv6LinkLocal: true }
            && new IPNetwork(First(own.Address, own.PrefixLength), own.PrefixLength).Contains(target));

    private static IPAddress First(IPAddress address, int prefixLength)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = prefixLength; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new(bytes);
    }
}
