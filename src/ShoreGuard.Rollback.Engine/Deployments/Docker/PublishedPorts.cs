using System.Globalization;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>The host ports under which a container is published, and those of them that the engine has chosen.</summary>
/// <remarks>
/// The engine chooses where no number was given (<c>-p 8888</c>, <c>-P</c>) and within a range that was given. A number that is given
/// instead would be fixed: taken by another container after a restart of the machine, it would keep this one from starting. So the new
/// container is given a range that begins with the number: an engine takes the first of a range that it has not used yet, and goes on from
/// the last one of a range that it has (moby <c>libnetwork/portallocator</c>; tried on Engine 28.5). A container on several networks still gets
/// the next one at times: an engine joins them in any order, and publishes once more where one that it joins later has to publish instead (tried there).
/// </remarks>
internal static class PublishedPorts
{
    // The system gives its own numbers up to 60999 (net.ipv4.ip_local_port_range), the engine with it. Where the number is the first of all,
    // a range up to there would be the one that the engine has used already.
    private const int LastOfTheSystem = 60_998;
    private const int Last = 65_535;

    /// <summary>Whether anything is published, by number or by the engine's choice.</summary>
    public static bool Any(ContainerView container) =>
        container.Json.At("HostConfig", "PortBindings") is JsonObject { Count: > 0 }
        || (IsPublishingAll(container) && container.Json.At("Config", "ExposedPorts") is JsonObject { Count: > 0 });

    /// <summary>Sees to it that a container that is made again takes the numbers that the engine had chosen for the old one, where they are free.</summary>
    /// <param name="hostConfig">What the new container gets.</param>
    /// <param name="container">The old one, inspected while it ran.</param>
    public static void Keep(JsonObject hostConfig, ContainerView container)
    {
        foreach (var chosen in ChosenBy(container).Where(chosen => chosen.Range is not null))
        {
            if (hostConfig["PortBindings"] is not JsonObject bindings)
                hostConfig["PortBindings"] = bindings = [];
            if (bindings[chosen.Port] is JsonArray wanted)
                wanted[chosen.Index]!["HostPort"] = chosen.Range;
            else
                bindings[chosen.Port] = new JsonArray(new JsonObject { ["HostIp"] = "", ["HostPort"] = chosen.Range });
        }
    }

    /// <summary>The chosen numbers that a new container cannot be given, each a sentence.</summary>
    public static IEnumerable<string> NotKept(ContainerView container) =>
        ChosenBy(container).Where(chosen => chosen.Range is null)
            .Select(chosen => $"The engine chose the host port {string.Join(" and ", chosen.Numbers)} for {chosen.Port}, and will choose again for the new container: the number may change.");

    /// <summary>How the published numbers of a container that runs differ from those before, each a sentence.</summary>
    public static IEnumerable<string> Changes(ContainerView before, ContainerView after)
    {
        var now = Published(after);
        foreach (var (port, then) in Published(before))
        {
            if (now.TryGetValue(port, out var numbers) && !numbers.SetEquals(then))
                yield return $"The engine chose another host port: {port} is now published as {string.Join(" and ", numbers)} "
                    + $"(was {string.Join(" and ", then)}).";
        }
    }

    private static SortedDictionary<string, SortedSet<int>> Published(ContainerView container)
    {
        var published = new SortedDictionary<string, SortedSet<int>>(StringComparer.Ordinal);
        foreach (var (port, bindings) in container.Json.At("NetworkSettings", "Ports") as JsonObject ?? [])
        {
            if (bindings is JsonArray { Count: > 0 })
                published[port] = [.. Numbers(bindings, _ => true)];
        }
        return published;
    }

    private static IEnumerable<Chosen> ChosenBy(ContainerView container)
    {
        foreach (var (port, actual) in container.Json.At("NetworkSettings", "Ports") as JsonObject ?? [])
        {
            if (actual is not JsonArray { Count: > 0 })
                continue;
            if (container.Json.At("HostConfig", "PortBindings", port) is not JsonArray { Count: > 0 } wanted)
            {
                if (IsPublishingAll(container))
                    yield return new(port, 0, [.. Numbers(actual, _ => true)], null);
                continue;
            }
            var given = wanted.Select(binding => binding.Text("HostPort")).Where(text => !IsChosen(text)).ToHashSet(StringComparer.Ordinal);
            for (var index = 0; index < wanted.Count; index++)
            {
                if (!IsChosen(wanted[index].Text("HostPort")))
                    continue;
                var address = wanted[index].Text("HostIp");
                var numbers = Numbers(actual, binding => (address is null || binding.Text("HostIp") == address) && !given.Contains(binding.Text("HostPort")));
                yield return new(port, index, [.. numbers], wanted[index].Text("HostPort"));
            }
        }
    }

    private static IEnumerable<int> Numbers(JsonNode? bindings, Func<JsonNode?, bool> which) =>
        (bindings as JsonArray ?? []).Where(which)
            .Select(binding => int.TryParse(binding.Text("HostPort"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
                .Where(number => number > 0);

    private static bool IsChosen(string? wanted) => wanted is null or "0" || wanted.Contains('-', StringComparison.Ordinal);

    private static bool IsPublishingAll(ContainerView container) => container.Json.Flag("HostConfig", "PublishAllPorts");

    /// <summary>A port whose number was left to the engine.</summary>
    /// <param name="Port">The container's port, such as <c>8888/tcp</c>.</param>
    /// <param name="Index">Which of the port's bindings.</param>
    /// <param name="Numbers">The numbers it got: several where the two families of addresses got different ones.</param>
    /// <param name="Wanted">The range it was to be chosen from; null for any.</param>
    private sealed record Chosen(string Port, int Index, SortedSet<int> Numbers, string? Wanted)
    {
        /// <summary>The range that begins with the number; null when there is none.</summary>
        public string? Range { get; } = RangeFrom(Numbers, Wanted);

        private static string? RangeFrom(SortedSet<int> numbers, string? wanted)
        {
            if (numbers.Count != 1)
                return null;
            var first = numbers.Min;
            var end = wanted?.Split('-') is [_, var text] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given
                : first < LastOfTheSystem ? LastOfTheSystem : Last;
            // Of a range that it had before, the engine would take the next number.
            if ($"{first}-{end}" == wanted)
                end--;
            return first < end ? $"{first}-{end}" : null;
        }
    }
}
