using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>Which alerts are meant, by their labels: matchers as PromQL and Alertmanager have them, all of which have to hold.</summary>
public sealed partial class AlertSelector
{
    internal const string NameLabel = "alertname";

    // They are the metric's own, and no label of an alert.
    private static readonly string[] Reserved = ["__name__", "alertstate"];

    private AlertSelector(IReadOnlyList<AlertMatcher> matchers) => Matchers = matchers;

    /// <summary>What has to hold.</summary>
    public IReadOnlyList<AlertMatcher> Matchers { get; }

    /// <summary>ShoreGuard's own: all of its scrape job, and those that its documentation names.</summary>
    public static IReadOnlyList<AlertSelector> Defaults { get; } =
    [
        new([new("job", "=", "shoreguard")]),
        new([new(NameLabel, "=~", "ShoreGuardDown|GatewayUnhealthy|HighErrorRate|WebhookDeliveryFailures")]),
    ];

    /// <summary>Selectors as an operator writes them; the default ones where there are none.</summary>
    /// <exception cref="ShoreGuardException"><c>SelectorInvalid</c>.</exception>
    public static IReadOnlyList<AlertSelector> Of(IReadOnlyCollection<string> texts) => texts.Count == 0 ? Defaults : [.. texts.Select(Of)];

    /// <summary>Matchers in PromQL's form, with or without braces around them: <c>job="shoreguard",severity=~"page|warn"</c>.</summary>
    /// <exception cref="ShoreGuardException"><c>SelectorInvalid</c>.</exception>
    public static AlertSelector Of(string text)
    {
        var list = text.Trim();
        if (list is ['{', .., '}'])
            list = list[1..^1];
        var matchers = new List<AlertMatcher>();
        for (var at = 0; list.AsSpan(at).Trim().Length > 0;)
        {
            var found = Matcher().Match(list, at);
            if (!found.Success)
                throw Errors.SelectorInvalid(text, $"what begins at '{Beginning(list[at..].TrimStart())}' is no matcher");
            var name = found.Groups["name"].Value is ['"', ..] and var quoted ? Unquote(quoted, text) : found.Groups["name"].Value;
            if (Reserved.Contains(name))
                throw Errors.SelectorInvalid(text, $"{name} is no label of an alert");
            matchers.Add(new(name, found.Groups["operator"].Value, Unquote(found.Groups["value"].Value, text)));
            at = found.Index + found.Length;
        }
        return matchers.Count > 0 ? new(matchers) : throw Errors.SelectorInvalid(text, "it has no matcher");
    }

    /// <summary>The one alert that has these labels.</summary>
    internal static AlertSelector Of(IEnumerable<KeyValuePair<string, string>> labels) =>
        new([.. labels.Select(label => new AlertMatcher(label.Key, "=", label.Value))]);

    /// <summary>The alerts' series of a metric that any of the selectors means.</summary>
    internal static string Query(string metric, IEnumerable<AlertSelector> selectors) =>
        string.Join(" or ", selectors.Select(selector => $"{metric}{{{selector}}}"));

    /// <summary>As <c>-Selector</c> takes it.</summary>
    public override string ToString() => string.Join(',', Matchers);

    private static string Beginning(string text) => text.Length <= 20 ? text : text[..20];

    private static string Unquote(string quoted, string text) =>
        quoted[0] == '`' ? quoted[1..^1] : Escape().Replace(quoted[1..^1], escape => Unescape(escape.Value, text));

    private static string Unescape(string escape, string text) => escape[1] switch
    {
        'n' => "\n",
        't' => "\t",
        'r' => "\r",
        '\\' or '"' or '\'' => escape[1..],
        // One of a regular expression.
        _ => throw Errors.SelectorInvalid(text, $"PromQL has no {escape} in quotes: write the backslash twice, or put the value between backticks"),
    };

    private const string Quoted = """
        "(?:[^"\\\n]|\\.)*"
        """;

    [GeneratedRegex($@"\G\s*(?<name>[A-Za-z_][A-Za-z0-9_]*|{Quoted})\s*(?<operator>=~|!~|!=|=)\s*(?<value>{Quoted}|'(?:[^'\\\n]|\\.)*'|`[^`]*`)\s*(?:,|\z)",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\\.")]
    private static partial Regex Escape();
}
