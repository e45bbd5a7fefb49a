using System.Globalization;

namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>What a series of looks comes to: the changes, as they become certain, and the outcome. Asks nobody.</summary>
/// <remarks>
/// A look that would decide the observation has to be confirmed by the two after it, unless it is a fact: one lost packet is no regression. Until then
/// it is held back; what was over before is told as two changes, there and back.
/// </remarks>
/// <param name="name">The deployment's name, or the address.</param>
internal sealed class ObservationJudgement(string name)
{
    /// <summary>How many looks in a row decide.</summary>
    public const int Enough = 3;

    private readonly Dictionary<string, Thread> _threads = [];
    private readonly List<ObservationChange> _changes = [];
    private readonly List<TimeSpan> _latencies = [];
    private readonly List<Look> _rounds = [];
    private Look? _deciding;
    private BuildIdentity? _identity;
    private int _restarts;
    private int _lasted;

    // What is known of one thing.
    private sealed class Thread
    {
        public Look? Settled { get; set; }
        public List<Look> Pending { get; } = [];
        public List<Look> All { get; } = [];
        public bool IsUnknownAtTheEnd => All.TakeLast(Enough).All(look => look.Verdict == LookVerdict.Unknown);
        public bool CannotBeJudged => IsUnknownAtTheEnd || All.Count(look => look.Verdict == LookVerdict.Unknown) * 2 > All.Count;
    }

    /// <summary>Whether the outcome is certain, so that no further look is needed.</summary>
    public bool IsDecided => _deciding is not null;

    /// <summary>Whether something was found that the next looks have to confirm.</summary>
    public bool IsOpen => _threads.Values.Any(thread => thread.Pending.Count > 0);

    /// <summary>Whether that was found of this thing.</summary>
    public bool IsOpenOf(string what) => _threads.TryGetValue(what, out var thread) && thread.Pending.Count > 0;

    /// <summary>How it is now, in a few words.</summary>
    public string Now => string.Join(", ",
        from look in _threads.Values.Select(thread => thread.All[^1])
        where look.What == HealthLooks.Health || look.Verdict != LookVerdict.Well
        select look.What == HealthLooks.Health ? look.State : $"{look.What}: {look.State}");

    /// <summary>Takes a look into account.</summary>
    /// <returns>What is certain to have changed.</returns>
    public IReadOnlyList<ObservationChange> Add(Look look)
    {
        if (IsDecided)
            return [];
        if (!_threads.TryGetValue(look.What, out var thread))
            _threads[look.What] = thread = new();
        thread.All.Add(look);
        _latencies.AddRange(look.Latencies);
        _restarts += look.Restarts;
        // Of a container that does not run, its health is not looked at.
        if (look.What == HealthLooks.Health || look.Served is not null)
            _rounds.Add(look);
        if (look.Verdict is LookVerdict.Well)
            _identity ??= look.Identity;
        var changes = look.IsGrave ? Grave(thread, look) : Light(thread, look);
        _changes.AddRange(changes);
        return changes;
    }

    private IReadOnlyList<ObservationChange> Grave(Thread thread, Look look)
    {
        thread.Pending.Add(look);
        if (!look.IsCertain && (thread.Pending.Count < Enough || look.At - thread.Pending[0].At < look.Patience))
            return [];
        (_deciding, _lasted) = (look, thread.Pending.Count);
        _identity = look.Verdict == LookVerdict.Other ? look.Identity ?? _identity : _identity;
        return [Change(thread.Settled, look, thread.Pending[0].At, isRegression: look.Verdict == LookVerdict.Unwell)];
    }

    private IReadOnlyList<ObservationChange> Light(Thread thread, Look look)
    {
        var changes = new List<ObservationChange>();
        if (thread.Pending is [var first, ..])
        {
            changes.Add(Change(thread.Settled, first, first.At, isRegression: false));
            thread.Settled = first;
            thread.Pending.Clear();
        }
        if (thread.Settled is { } before && before.State != look.State)
            changes.Add(Change(before, look, look.At, isRegression: false));
        thread.Settled = look;
        return changes;
    }

    private ObservationChange Change(Look? from, Look to, DateTimeOffset at, bool isRegression) => new()
    {
        At = at,
        Name = name,
        What = to.What,
        From = from?.State,
        To = to.State,
        Explanation = to.Explanation,
        IsRegression = isRegression,
    };

    /// <summary>The outcome, where the observation ends now.</summary>
    /// <param name="result">What the judgement does not know; the rest is filled in.</param>
    /// <param name="isStopped">Whether somebody ended it before its time.</param>
    public ObservationResult Conclude(ObservationResult result, bool isStopped)
    {
        var (outcome, explanation, recommendation) = Judge(result, isStopped);
        return result with
        {
            Outcome = outcome,
            Identity = _identity,
            Looks = _rounds.Count,
            Availability = Judged == 0 ? null : (double)Served / Judged,
            Latency = Percentiles.Of(_latencies),
            Restarts = _restarts,
            Changes = [.. _changes],
            Explanation = explanation,
            Recommendation = recommendation,
        };
    }

    private int Judged => _rounds.Count(look => look.Served is not null);

    private int Served => _rounds.Count(look => look.Served == true);

    private (ObservationOutcome Outcome, string Explanation, string Recommendation) Judge(ObservationResult result, bool isStopped)
    {
        var time = Readable.Duration(result.Observed);
        if (_deciding is { } deciding)
            return Decided(deciding, _lasted, result.Name, time);
        if (isStopped)
        {
            var of = Readable.Duration(result.ObservationWindow);
            return (ObservationOutcome.Inconclusive, $"It was stopped after {time} of {of}; until then: {Sofar()}.", Again(result.Name));
        }
        if (_threads.Values.FirstOrDefault(thread => thread.CannotBeJudged) is { } unknown)
        {
            var look = unknown.All.Last(each => each.Verdict == LookVerdict.Unknown);
            var when = unknown.IsUnknownAtTheEnd ? "at the end" : "most of the time";
            return (ObservationOutcome.Inconclusive, $"{look.What} could not be judged {when}: {look.Explanation}", look.Recommendation ?? Again(result.Name));
        }
        return (ObservationOutcome.Held, $"It held for {time}: {Sofar()}.", "No action needed.");
    }

    private static (ObservationOutcome, string, string) Decided(Look look, int looks, string? deployment, string time)
    {
        var explanation = $"After {time}, {look.What} is {look.State}{(look.IsCertain ? "" : $" for {looks} looks in a row")}. {look.Explanation}";
        return look.Verdict == LookVerdict.Unwell
            ? (ObservationOutcome.Regressed, explanation, look.Recommendation ?? WayBack(deployment))
            : (ObservationOutcome.Inconclusive, explanation, look.Recommendation ?? Again(deployment));
    }

    /// <summary>What to do with a build that has regressed.</summary>
    public static string WayBack(string? deployment) => $"The way back, and what it costs: {Advice.Pipe(deployment, "Get-ShoreGuardRollbackPlan -Previous")}";

    private string Sofar()
    {
        var changes = _changes.Count switch { 0 => "nothing changed", 1 => "one thing changed", _ => $"{_changes.Count} things changed" };
        return Judged == 0 ? "no look could be judged" : string.Create(CultureInfo.InvariantCulture, $"{Served} of {Judged} looks found it serving, {changes}");
    }

    private static string Again(string? deployment) => $"Watch it once more: {Advice.Pipe(deployment, "Watch-ShoreGuardDeployment")}";
}
