namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>At which row of its plan a rollback is. What an operator reads as one row is one step that is taken, or a few.</summary>
internal sealed class PlanProgress
{
    private readonly IReadOnlyList<OperationStep> _rows;
    private int _row;

    private PlanProgress(IReadOnlyList<OperationStep> rows) => _rows = rows;

    /// <summary>How many rows there are.</summary>
    public int Count => _rows.Count;

    /// <summary>Of a rollback that is about to begin.</summary>
    /// <param name="shape">What decides its steps.</param>
    public static PlanProgress Of(PlanShape shape) => new(OperationStep.Of(shape, new()));

    /// <summary>A step that begins, with its place.</summary>
    public string Describe(string step)
    {
        for (var row = _row; row < Count; row++)
        {
            if (!_rows[row].Begins.Any(beginning => step.StartsWith(beginning, StringComparison.Ordinal)))
                continue;
            _row = row;
            break;
        }
        return $"{_row + 1} of {Count}: {step}";
    }
}
