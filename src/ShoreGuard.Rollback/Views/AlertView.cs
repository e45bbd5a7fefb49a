using System.Globalization;

namespace ShoreGuard.Rollback.Views;

/// <summary>The cells of the tables of alerts and silences.</summary>
internal static class AlertView
{
    public static readonly Table<Alert> Alerts = new()
    {
        { "Alert", alert => $"{Mark(alert)} {alert.Name}", 18, 32 },
        { "State", State, 9, 9 },
        { "Since (UTC)", alert => Moment(alert.StartedAt), 11, 11 },
        { "For", alert => Readable.Age(alert.Duration), 11, Side.Right },
        { "Deploy", alert => Relation(alert.Relation), 9, 9 },
        { "Labels", Labels, LabelsWidth, Table<Alert>.Wide, 1 },
    };

    public static readonly Table<Silence> Silences = new()
    {
        { "Id", silence => silence.Id, 36 },
        { "State", silence => silence.State == SilenceState.Expired ? Paint.Faint("Expired") : Paint.Good(silence.State.ToString()), 7 },
        { "Until (UTC)", silence => Moment(silence.EndsAt), 11, 11 },
        { "Alerts with", silence => string.Join(", ", silence.Matchers), 20, 60 },
        { "Comment", silence => silence.Comment, 16, 60, 1 },
    };

    // A window in which the labels stand beside the rest.
    private const int Wide = 87;
    private const int LabelsWidth = 24;
    private const string Indent = "  ";

    /// <summary>An alert as a row, and below it how it is related to the deploy.</summary>
    public static IReadOnlyList<string> Lines(Alert alert, int width)
    {
        var below = width < Wide && alert.Labels.Count > 0 ? new[] { alert.Explanation, Labels(alert) } : [alert.Explanation];
        return [.. Alerts.Row(alert, width), .. below.SelectMany(text => Paint.Wrap(text, width - Indent.Length)).Select(line => Indent + line)];
    }

    private static string Labels(Alert alert) => string.Join(", ", alert.Labels);

    private static string Mark(Alert alert) => alert switch
    {
        { State: AlertState.Ended } => Paint.Faint(Marks.None),
        { Relation: AlertRelation.BeforeDeploy } or { State: AlertState.Pending } => Paint.Warn("!"),
        _ => Paint.Mark(good: false),
    };

    private static string State(Alert alert) => (alert.State, alert.Suppression) switch
    {
        (AlertState.Firing, AlertSuppression.Silenced) => Paint.Warn("Silenced"),
        (AlertState.Firing, AlertSuppression.Inhibited) => Paint.Warn("Inhibited"),
        (AlertState.Firing, _) => Paint.Bad("Firing"),
        (AlertState.Pending, _) => Paint.Warn("Pending"),
        _ => Paint.Faint("Ended"),
    };

    private static string Relation(AlertRelation relation) => relation switch
    {
        AlertRelation.BeforeDeploy => "before",
        AlertRelation.AfterDeploy => Paint.Bad("after"),
        AlertRelation.Recurring => Paint.Warn("recurring"),
        _ => Marks.None,
    };

    // The year is known to whoever looks at alerts.
    private static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("MM-dd HH:mm", CultureInfo.InvariantCulture);
}
