using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>Tells whether a network of an engine is on this machine.</summary>
/// <remarks>
/// Every engine gives out the same private addresses, so one that answers proves nothing: behind a tunnel it may be another container,
/// of the engine here. An engine names the bridge of a network after the network's id, which no two engines share (moby,
/// <c>daemon/libnetwork/drivers/bridge</c>). The default network's bridge is always <c>docker0</c>, and tells nothing.
/// The kernel's own tables are read (<c>proc_net(5)</c>): .NET's list of interfaces fails while an engine makes or removes one.
/// </remarks>
internal static class LocalBridge
{
    private const int IdLength = 12;

    /// <summary>Whether the network's bridge is here, and leads to the container's address.</summary>
    public static bool LeadsTo(string? networkId, string address)
    {
        if (!OperatingSystem.IsLinux() || networkId is not { Length: >= IdLength } || !IPAddress.TryParse(address, out var target))
            return false;
        var bridge = $"br-{networkId[..IdLength]}";
        return target.AddressFamily == AddressFamily.InterNetwork
            ? Routes("/proc/net/route").Any(route => IsRouteTo(route, bridge, target))
            : Routes("/proc/net/ipv6_route").Any(route => IsRouteV6To(route, bridge, target));
    }

    /// <summary>Whether a line of <c>/proc/net/route</c> is the direct way over a bridge to an address.</summary>
    internal static bool IsRouteTo(string line, string bridge, IPAddress target)
    {
        var fields = line.Split('\t', StringSplitOptions.TrimEntries);
        if (fields.Length < 8 || fields[0] != bridge || !TryWord(fields[1], out var destination) || !TryWord(fields[2], out var gateway) || !TryWord(fields[7], out var mask))
            return false;
        var address = BitConverter.ToUInt32(target.GetAddressBytes());
        return gateway == 0 && mask != 0 && (address & mask) == destination;
    }

    /// <summary>Whether a line of <c>/proc/net/ipv6_route</c> is a direct way over a bridge to an address, other than that of link-local ones.</summary>
    internal static bool IsRouteV6To(string line, string bridge, IPAddress target)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 10 || fields[^1] != bridge || fields[0].Length != 32 || fields[4].Trim('0').Length > 0
            || !int.TryParse(fields[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var length) || length is < 1 or > 127)
            return false;
        var network = new IPAddress(Convert.FromHexString(fields[0]));
        return !network.IsIPv6LinkLocal && !network.IsIPv6Multicast && new IPNetwork(network, length).Contains(target);
    }

    // Addresses stand there as the machine's own words.
    private static bool TryWord(string text, out uint word) => uint.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out word);

    private static string[] Routes(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return []; // A machine without such a table has no bridge either.
        }
    }
}
