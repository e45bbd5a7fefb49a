using System.Text.Json;
using System.Text.Json.Serialization;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations;

/// <summary>Who changes a deployment, and what they are at. Holds no secret.</summary>
internal sealed record LockHolder
{
    /// <summary>What is done, such as <c>image rollback</c>.</summary>
    public required string Kind { get; init; }
    /// <summary>The id of the rollback; null when it is something else.</summary>
    public string? Rollback { get; init; }
    /// <summary>Whether only its own record says how to put it back, since the database is changed as well.</summary>
    public bool NeedsRecord { get; init; }
    /// <summary>Whether the record is beside this, on the engine, from before the first change on: where there is none, nothing was changed.</summary>
    public bool HasRecordHere { get; init; }
    /// <summary>The state folder of whoever began it.</summary>
    public required string State { get; init; }
    /// <summary>The user's name on that machine.</summary>
    public required string User { get; init; }
    /// <summary>The machine's name.</summary>
    public required string Machine { get; init; }
    /// <summary>The process.</summary>
    public required ProcessIdentity Process { get; init; }
    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset Began { get; init; }

    /// <summary>This process, as of now.</summary>
    public static LockHolder Own(LockClaim claim) => new()
    {
        Kind = claim.Kind,
        Rollback = claim.Rollback,
        NeedsRecord = claim.NeedsRecord,
        HasRecordHere = claim.Rollback is not null,
        State = claim.State.Folder,
        User = Environment.UserName,
        Machine = Environment.MachineName,
        Process = ProcessIdentity.Own(),
        Began = DateTimeOffset.UtcNow,
    };

    /// <summary>What <see cref="ToJson"/> has written; null for anything else.</summary>
    public static LockHolder? TryParse(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize<LockHolder>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether how to put it back stands in another state folder alone, as with versions that kept no record on the engine.</summary>
    /// <param name="state">The store of whoever asks.</param>
    public bool IsKnownElsewhereOnly(StateStore state) => NeedsRecord && !HasRecordHere && !(State == state.Folder && Machine == Environment.MachineName);

    /// <summary>As text that <see cref="TryParse"/> reads.</summary>
    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>For people.</summary>
    public override string ToString() =>
        $"{Kind}{(Rollback is null ? "" : $" {Rollback}")} by {User} on {Machine}, process {Process.Id}, since {Readable.Time(Began)}";
}

/// <summary>What a lock is taken for.</summary>
/// <param name="State">The store of whoever takes it.</param>
/// <param name="Kind">What is done.</param>
/// <param name="Rollback">The id of the rollback; null when it is something else.</param>
/// <param name="NeedsRecord">Whether only its own record says how to put it back, since the database is changed as well.</param>
/// <param name="Mends">Whether what is unfinished there is what it is about.</param>
/// <param name="TakesOver">Whether it is taken from a process on another machine, of which nobody here can tell whether it lives.</param>
internal sealed record LockClaim(StateStore State, string Kind, string? Rollback = null, bool NeedsRecord = false, bool Mends = false, bool TakesOver = false);
