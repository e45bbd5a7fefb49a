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
    private const string Prefix = "br-";
    private const int IdLength = 12;

    /// <summary>Whether the network's bridge is here, and leads to the container's address.</summary>
    public static bool LeadsTo(string? networkId, string address) => NameOf(networkId) is { } bridge && InterfacesTo(address).Contains(bridge);

    /// <summary>Whether the address is on another network's bridge here: whoever has it there is somebody else.</summary>
    public static bool LeadsElsewhere(string? networkId, string address)
    {
        var bridges = InterfacesTo(address).Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToList();
        return bridges.Count > 0 && NameOf(networkId) is { } own && !bridges.Contains(own);
    }

    private static string? NameOf(string? networkId) => networkId is { Length: >= IdLength } ? Prefix + networkId[..IdLength] : null;

    private static IEnumerable<string> InterfacesTo(string address)
    {
        if (!OperatingSystem.IsLinux() || !IPAddress.TryParse(address, out var target))
            return [];
        return target.AddressFamily == AddressFamily.InterNetwork
            ? Routes("/proc/net/route").Select(route => InterfaceTo(route, target)).OfType<string>()
            : Routes("/proc/net/ipv6_route").Select(route => InterfaceV6To(route, target)).OfType<string>();
    }

    /// <summary>The interface by which a line of <c>/proc/net/route</c> leads directly to an address; null when it does not.</summary>
    internal static string? InterfaceTo(string line, IPAddress target)
    {
        var fields = line.Split('\t', StringSplitOptions.TrimEntries);
        if (fields.Length < 8 || !TryWord(fields[1], out var destination) || !TryWord(fields[2], out var gateway) || !TryWord(fields[7], out var mask))
            return null;
        var address = BitConverter.ToUInt32(target.GetAddressBytes());
        return gateway == 0 && mask != 0 && (address & mask) == destination ? fields[0] : null;
    }

    /// <summary>The interface by which a line of <c>/proc/net/ipv6_route</c> leads directly to an address, other than by that of link-local ones;
    /// null when it does not.</summary>
    internal static string? InterfaceV6To(string line, IPAddress target)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 10 || fields[0].Length != 32 || fields[4].Trim('0').Length > 0
            || !int.TryParse(fields[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var length) || length is < 1 or > 127)
            return null;
        var network = new IPAddress(Convert.FromHexString(fields[0]));
        return !network.IsIPv6LinkLocal && !network.IsIPv6Multicast && new IPNetwork(network, length).Contains(target) ? fields[^1] : null;
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
