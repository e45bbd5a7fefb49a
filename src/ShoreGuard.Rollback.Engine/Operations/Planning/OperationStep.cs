namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>One step of a rollback as it is planned and as it is taken: the plan shows it, the run begins it, and progress names it.</summary>
/// <param name="Name">What the step is called that is taken.</param>
/// <param name="Changes">What it changes.</param>
/// <param name="Verification">How that is checked.</param>
/// <param name="Undo">How it is undone; null where there is nothing to undo.</param>
internal sealed record OperationStep(string Name, string Changes, string Verification, string? Undo = null)
{
    /// <summary>How the first step begins that belongs to it, in each way that a database may be restored; it lasts until that of the next row
    /// begins.</summary>
    public IReadOnlyList<string> Begins { get; init; } = [Name];

    /// <summary>The rows of a rollback.</summary>
    /// <param name="shape">What decides them.</param>
    /// <param name="words">What an operator reads beside their names.</param>
    public static IReadOnlyList<OperationStep> Of(PlanShape shape, PlanWords words) =>
    [
        new($"Pull and verify {words.Target}", "local image store", "digest, platform, and what was built in") { Begins = ["Pull and verify"] },
        .. shape.PinFile is { } file
        ? [new($"Prepare the pin in {file}", "a file beside it", "Compose reads it as meant",
        "delete it") { Begins = ["Prepare the pin"] }] : Array.Empty<OperationStep>(),
        new("Create the new container", "a container, not started", "what the user set on the old one is on it", "remove it"),
        .. shape.Change switch
        {
            RollbackStrategy.Downgrade => Downgrade(shape, words),
            RollbackStrategy.Restore => Restore(shape, words),
            _ => Switch(shape, words),
        },
        .. shape.PinFile is { } pinned
        ? [new($"Pin in {pinned}", words.Pin, "read back", "put the old line back") { Begins = ["Pin in"] }] : Array.Empty<OperationStep>(),
        new("Remove the old container", "container; nothing is needed to go back any more", "–")
        {
            Begins = ["Remove the old", "Take the private network away", "Let the old container finish"],
        },
        .. shape.Blocks is { } left
        ? [new($"Block {left}", "blocklist", "–", "Unblock-ShoreGuardImage") { Begins = ["Block "] }] : Array.Empty<OperationStep>(),
    ];

    private static IEnumerable<OperationStep> Switch(PlanShape shape, PlanWords words) => shape.How switch
    {
        SwitchStrategy.HotSwap =>
        [
            new("Gate on the private network", "a network of its own, on which the new container is started beside the old one", words.Gate,
                "remove both") { Begins = ["Make a private network"] },
            new("Hand over: disconnect the old container, connect the new one", "who has the host port; outage of some tenths of a second", words.Gate,
                "hand it back") { Begins = ["Freeze", "Take the database from it", "Hand over"] },
        ],
        SwitchStrategy.BlueGreen =>
        [
            new("Gate beside the old container", "the new container, started under no alias", words.Gate,
                "remove it") { Begins = ["Take the alias from the new container"] },
            new("Give the alias to the new container", "who is asked; no outage", words.Gate, "give it back"),
        ],
        _ => [.. Stop(shape), Start(words)],
    };

    private static IEnumerable<OperationStep> Downgrade(PlanShape shape, PlanWords words) =>
    [
        .. Stop(shape),
        new("Back up the database", words.BackupFolder, "every proof of a backup, and that it can be put back"),
        new($"Downgrade {words.From} → {words.To}", $"schema: {words.Downgrades} taken back", "revision, tables and rows that stay",
            "restore that backup") { Begins = ["Downgrade "] },
        Start(words),
    ];

    // A database on a server that may not make another one beside it is restored in place, which shows only when its rights are looked at.
    private static IEnumerable<OperationStep> Restore(PlanShape shape, PlanWords words) => (shape.IsKept, shape.Kind) switch
    {
        (true, _) =>
            [.. Stop(shape),
            new(shape.Kind == DatabaseKind.Sqlite ? "Exchange the present and the kept database"
            : "Exchange the names of the two databases", "database; the present one is kept", "revision",
            "exchange them back") { Begins = ["Lock the", "Exchange the", "Check that the container", "Begin a transaction"] }, Start(words)],
        (_, DatabaseKind.Sqlite) =>
        [
            new("Copy the backup beside the database", "a copy", "checksum, integrity, revision and rows", "delete it"),
            .. Stop(shape),
            new("Keep the old database under another name, and put the copy in its place", "database; the old one is kept", "revision",
                "put the old one back") { Begins = ["Lock the", "Keep the old database", "Check that the container does not run"] },
            Start(words),
        ],
        _ =>
        [
            new("Restore the backup into the new database", "a second database", "table of contents, constraints, revision and rows",
                "drop it") { Begins = ["Create a new database beside", "Check that the present database can be backed up"] },
            .. Stop(shape),
            new("Exchange the names of the two databases", "database; the old one is kept", "revision",
                "exchange them back") { Begins = ["Exchange the", "Begin a transaction"] },
            Start(words),
        ],
    };

    private static IEnumerable<OperationStep> Stop(PlanShape shape) =>
        shape.IsRunning ? [new("Stop the old container", "outage begins", "–", "start it")] : [];

    private static OperationStep Start(PlanWords words) =>
        new("Start the new container", "container", words.Gate, $"start {words.Before} again") { Begins = ["Rename the old container aside"] };
}

/// <summary>What decides which steps a rollback has.</summary>
/// <param name="Change">What becomes of the database.</param>
/// <param name="How">How the container is switched.</param>
/// <param name="IsRunning">Whether the old one runs.</param>
/// <param name="PinFile">The name of the file in which the target is pinned; null where it is not.</param>
/// <param name="Kind">The kind of the database.</param>
/// <param name="IsKept">Whether what is restored is a database that an earlier rollback has kept.</param>
/// <param name="Blocks">The build that is blocked afterwards; null where none is.</param>
internal sealed record PlanShape(
    RollbackStrategy Change, SwitchStrategy How, bool IsRunning, string? PinFile,
    DatabaseKind Kind = DatabaseKind.Sqlite, bool IsKept = false, string? Blocks = null);

/// <summary>What an operator reads beside the names of the steps.</summary>
internal sealed record PlanWords
{
    public string Target { get; init; } = "";
    public string Before { get; init; } = "the old one";
    public string Gate { get; init; } = "";
    public string Pin { get; init; } = "";
    public string BackupFolder { get; init; } = "";
    public string From { get; init; } = "";
    public string To { get; init; } = "";
    public string Downgrades { get; init; } = "";
}
