using System.Text.Json;
using System.Text.Json.Serialization;

namespace ShoreGuard.Rollback.Engine.Schema;

/// <summary>One migration script of an image.</summary>
/// <param name="Revision">Its revision, for example <c>017</c>.</param>
/// <param name="Down">The revisions it builds on; empty for the first.</param>
internal sealed record Migration(
    [property: JsonPropertyName("revision")] string Revision,
    [property: JsonPropertyName("down")] IReadOnlyList<string> Down);

/// <summary>The migration scripts of an image.</summary>
/// <param name="Heads">The revisions nothing builds on: where every start of the image takes the database.</param>
/// <param name="Migrations">Every script.</param>
internal sealed record MigrationGraph(
    [property: JsonPropertyName("heads")] IReadOnlyList<string> Heads,
    [property: JsonPropertyName("migrations")] IReadOnlyList<Migration> Migrations)
{
    /// <summary>Whether a start of the image leaves a database at this revision as it is.</summary>
    public bool Leaves(string revision) => Heads is [var head] && head == revision;

    /// <summary>Whether the image knows the revision: one it does not know keeps it from starting.</summary>
    public bool Knows(string revision) => Migrations.Any(migration => migration.Revision == revision);

    /// <summary>Reads what the probe printed; null when that is not a graph.</summary>
    public static MigrationGraph? TryParse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<MigrationGraph>(json) is { Heads.Count: > 0, Migrations.Count: > 0 } graph ? graph : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
