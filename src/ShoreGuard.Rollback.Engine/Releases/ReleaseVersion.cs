using System.Globalization;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Releases;

/// <summary>A version that can be put in order: Python's (PEP 440, which ShoreGuard has) and semantic ones alike.</summary>
internal sealed partial record ReleaseVersion : IComparable<ReleaseVersion>
{
    private const int Development = -4, Alpha = -3, Beta = -2, Candidate = -1, Final = 0, Post = 1;
    private readonly IReadOnlyList<long> _numbers;
    private readonly (int Phase, long Number) _phase;
    private readonly long _development;

    private ReleaseVersion(IReadOnlyList<long> numbers, (int Phase, long Number) phase, long development)
    {
        _numbers = numbers;
        _phase = phase;
        _development = development;
    }

    /// <summary>Whether it names one release and not a series: 0.27 means whatever is the newest 0.27.x.</summary>
    public bool IsFull => _numbers.Count >= 3;

    /// <summary>Reads a version, with or without <c>v</c>; null when the text is none.</summary>
    public static ReleaseVersion? TryParse(string? text)
    {
        var match = Grammar().Match(text ?? "");
        if (!match.Success)
            return null;
        var development = match.Groups["dev"].Success ? Number(match.Groups["devNumber"].Value) : long.MaxValue;
        var numbers = match.Groups["numbers"].Value.Split('.').Select(Number).ToList();
        // A development build of nothing else comes before the first alpha of it.
        var phase = match.Groups["phase"].Success ? (PhaseOf(match.Groups["phase"].Value), Number(match.Groups["phaseNumber"].Value))
            : development < long.MaxValue ? (Development, 0L) : (Final, 0L);
        return new(numbers, phase, development);
    }

    /// <inheritdoc/>
    public int CompareTo(ReleaseVersion? other)
    {
        if (other is null)
            return 1;
        for (var i = 0; i < Math.Max(_numbers.Count, other._numbers.Count); i++)
        {
            var order = At(_numbers, i).CompareTo(At(other._numbers, i));
            if (order != 0)
                return order;
        }
        var phase = _phase.CompareTo(other._phase);
        return phase != 0 ? phase : _development.CompareTo(other._development);
    }

    private static long At(IReadOnlyList<long> numbers, int at) => at < numbers.Count ? numbers[at] : 0;

    private static int PhaseOf(string word) => word.ToLowerInvariant() switch
    {
        "a" or "alpha" => Alpha,
        "b" or "beta" => Beta,
        "post" => Post,
        _ => Candidate,
    };

    private static long Number(string digits) =>
        digits.Length == 0 ? 0 : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue - 1;

    [GeneratedRegex(@"\Av?(?<numbers>[0-9]+(\.[0-9]+)*)([-._]?(?<phase>alpha|a|beta|b|rc|c|pre|preview|post)[-._]?(?<phaseNumber>[0-9]*))?([-._]?(?<dev>dev)[-._]?(?<devNumber>[0-9]*))?([+][A-Za-z0-9._-]+)?\z", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Grammar();
}
