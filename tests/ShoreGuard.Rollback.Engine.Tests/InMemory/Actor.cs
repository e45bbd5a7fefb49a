namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>How a call to the engine ends that an actor was to end at.</summary>
public enum Moment
{
    /// <summary>The process is gone before the engine hears of it.</summary>
    Before,
    /// <summary>The engine has done it, and the process is gone before it hears of that.</summary>
    After,
    /// <summary>The engine has done it, and the connection breaks: the process lives.</summary>
    AnswerLost,
    /// <summary>The engine refuses it: the process lives.</summary>
    Refused,
}

/// <summary>Somebody's process that works with the module. It may be killed at any of its changes; it then does nothing any more, not even clear up.</summary>
internal sealed class Actor
{
    private static readonly AsyncLocal<Actor?> Present = new();
    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _changes = [];

    /// <summary>Whose work it is that runs.</summary>
    public static Actor? Current => Present.Value;

    /// <summary>At which of its changes, from 0 on, something happens to it; null for never.</summary>
    public int? EndsAt { get; init; }
    /// <summary>What.</summary>
    public Moment How { get; init; }
    /// <summary>What it has changed or was about to, in order.</summary>
    public IReadOnlyList<string> Changes => _changes;
    /// <summary>Whether its process is gone.</summary>
    public bool IsDead => _died.Task.IsCompleted;

    /// <summary>Runs its work until that ends, or its process does.</summary>
    /// <returns>Whether it came to its end.</returns>
    public async Task<bool> RunAsync(Func<Task> work)
    {
        var running = Task.Run(async () =>
        {
            Present.Value = this;
            await work();
        });
        if (await Task.WhenAny(running, _died.Task) != running || IsDead)
            return false;
        await running;
        return true;
    }

    /// <summary>Before each change: what is to become of it.</summary>
    public async Task<Moment?> ReachAsync(string change)
    {
        await StopIfDeadAsync();
        int number;
        lock (_changes)
        {
            number = _changes.Count;
            _changes.Add(change);
        }
        if (number != EndsAt)
            return null;
        if (How == Moment.Before)
            await DieAsync();
        return How;
    }

    /// <summary>The process is gone: whoever called this hears nothing any more.</summary>
    public async Task DieAsync()
    {
        _died.TrySetResult();
        await new TaskCompletionSource().Task;
    }

    /// <summary>Of a dead one nothing goes on.</summary>
    public Task StopIfDeadAsync() => IsDead ? new TaskCompletionSource().Task : Task.CompletedTask;
}
