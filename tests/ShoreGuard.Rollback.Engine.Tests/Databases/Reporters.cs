namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>Fails when the step after the named one begins, or in place of it: steps report their name before they begin.</summary>
internal sealed class FailingReporter(string step) : IReporter
{
    public void Progress(ProgressUpdate update) { }
    public void Warning(string message) { }

    public void Verbose(string message)
    {
        if (message == step)
            throw new IOException("injected");
    }
}

/// <summary>Keeps what it is warned of.</summary>
internal sealed class CollectingReporter : IReporter
{
    public List<string> Warnings { get; } = [];

    public void Progress(ProgressUpdate update) { }
    public void Warning(string message) => Warnings.Add(message);
    public void Verbose(string message) { }
}

/// <summary>Does something at a moment, once: as progress, or a step, is first said.</summary>
internal sealed class FaultyReporter(Func<string, bool> when, Action fault) : IReporter
{
    private bool _done;

    public void Progress(ProgressUpdate update)
    {
        if (update is { Completed: false })
            Verbose(update.Activity);
    }

    public void Warning(string message) { }

    public void Verbose(string message)
    {
        if (_done || !when(message))
            return;
        _done = true;
        fault();
    }
}
