namespace ShoreGuard.Rollback.Engine.Rollbacks.Planning;

/// <summary>At which row of its plan a rollback is. What an operator reads as one row is one step that is taken, or a few.</summary>
internal sealed class PlanProgress
{
    // How the first step of each row begins, where that depends on the database: in each of its ways.
    private readonly string[][] _rows;
    private int _row;

    private PlanProgress(IEnumerable<string[]> rows) => _rows = [.. rows];

    /// <summary>How many rows there are, as many as <see cref="PlanSteps"/> gives.</summary>
    public int Count => _rows.Length;

    /// <summary>Of a rollback that is about to begin.</summary>
    /// <param name="change">What becomes of the database.</param>
    /// <param name="how">How the container is switched.</param>
    /// <param name="isRunning">Whether the old one runs.</param>
    /// <param name="isPinned">Whether the target is pinned.</param>
    public static PlanProgress Of(RollbackStrategy change, SwitchStrategy how, bool isRunning, bool isPinned) => new(
    [
        ["Pull and verify"],
        .. isPinned ? [["Prepare the pin"]] : Array.Empty<string[]>(),
        ["Create the new container"],
        .. (change, how) switch
        {
            (RollbackStrategy.Downgrade, _) => [.. Stop(isRunning), ["Back up the database"], ["Downgrade "], Start],
            (RollbackStrategy.Restore, _) => [RestoreBeside, .. Stop(isRunning), PutInPlace, Start],
            (_, SwitchStrategy.HotSwap) => [["Make a private network"], ["Hand over"]],
            (_, SwitchStrategy.BlueGreen) => [["Take the alias from the new container"], ["Give the alias to the new container"]],
            _ => (string[][])[.. Stop(isRunning), Start],
        },
        .. isPinned ? [["Pin in"]] : Array.Empty<string[]>(),
        ["Remove the old container", "Take the private network away", "Let the old container finish"],
    ]);

    /// <summary>A step that begins, with its place.</summary>
    public string Describe(string step)
    {
        var found = Array.FindIndex(_rows, _row, row => Array.Exists(row, beginning => step.StartsWith(beginning, StringComparison.Ordinal)));
        _row = Math.Max(_row, found);
        return $"{_row + 1} of {Count}: {step}";
    }

    private static string[][] Stop(bool isRunning) => isRunning ? [["Stop the old container"]] : [];

    private static string[] Start => ["Rename the old container aside"];

    private static string[] RestoreBeside => ["Copy the backup beside", "Create a new database beside", "Check that the present database can be backed up"];

    private static string[] PutInPlace => ["Lock the", "Keep the old database", "Exchange the", "Check that the container does not run", "Begin a transaction"];
}
