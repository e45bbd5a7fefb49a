using System.Globalization;

namespace ShoreGuard.Rollback.Engine.State;

/// <summary>How long nobody was served in earlier switches, as it was measured.</summary>
/// <param name="state">The store that it belongs to.</param>
internal sealed class OutageHistory(StateStore state)
{
    // What a deployment took last year, on another machine perhaps, says little.
    private const int Latest = 9;

    /// <summary>The median of the latest switches of a deployment by a strategy.</summary>
    /// <returns>Null where none is known.</returns>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public ExpectedOutage? Expect(Deployment deployment, SwitchStrategy strategy) => Expect(deployment, strategy.ToString());

    /// <summary>The median of the latest rollbacks of a deployment that changed its database in a way.</summary>
    /// <returns>Null where none is known.</returns>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public ExpectedOutage? Expect(Deployment deployment, RollbackStrategy strategy) => Expect(deployment, strategy.ToString());

    private ExpectedOutage? Expect(Deployment deployment, string way)
    {
        using var journal = state.TryReadJournal();
        var known = journal?.Query(
            "SELECT milliseconds FROM outage WHERE docker_host = $host AND deployment = $name AND strategy = $strategy ORDER BY at DESC LIMIT $latest", row =>
            row.GetDouble(0),
            ("$host", deployment.DockerHost), ("$name", deployment.Name), ("$strategy", way), ("$latest", Latest));
        return known is { Count: > 0 } ? new(TimeSpan.FromMilliseconds(Median(known)), known.Count) : null;
    }

    /// <summary>Keeps what was measured. One that is not over says nothing about the next.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    /// <param name="result">The switch.</param>
    /// <param name="change">What was done with the database while nobody was served, which takes its own time.</param>
    public void Remember(ImageRollbackResult result, RollbackStrategy change = RollbackStrategy.ImageOnly)
    {
        if (result is not { Succeeded: true, Outage: { } outage } || outage is { Began: not null, Ended: null })
            return;
        using var journal = state.OpenJournal();
        journal.Query(
            "INSERT INTO outage (docker_host, deployment, strategy, milliseconds, at) VALUES ($host, $name, $strategy, $milliseconds, $at)", _ => true,
            ("$host", result.Deployment.DockerHost), ("$name", result.Name),
            ("$strategy", change == RollbackStrategy.ImageOnly ? result.Strategy.ToString() : change.ToString()),
            ("$milliseconds", outage.Duration.TotalMilliseconds), ("$at", DateTimeOffset.UtcNow.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)));
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }
}

/// <summary>How long an outage is to be expected.</summary>
/// <param name="Duration">The median.</param>
/// <param name="Measured">Of how many switches.</param>
internal sealed record ExpectedOutage(TimeSpan Duration, int Measured)
{
    /// <summary>For people.</summary>
    public override string ToString() =>
        $"about {Readable.Duration(Duration)} ({(Measured == 1 ? "measured the last time" : $"the median of the last {Measured} times")})";
}
