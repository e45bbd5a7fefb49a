using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;

namespace ShoreGuard.Rollback.Engine.State;

/// <summary>What the journal has of incidents, beside the record of the rollback itself.</summary>
/// <param name="state">The store that it belongs to.</param>
internal sealed class IncidentStore(StateStore state)
{
    private static readonly JsonSerializerOptions Format = new()
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        IgnoreReadOnlyProperties = true,
    };

    /// <summary>Writes the beginning of an incident; one that is there stays, so that a resumed rollback tells of what was wrong at first.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public void Begin(string id, IncidentBeginning beginning)
    {
        using var journal = state.OpenJournal();
        journal.Query("INSERT INTO incident (id, beginning) VALUES ($id, $beginning) ON CONFLICT (id) DO NOTHING", _ => true,
            ("$id", id), ("$beginning", JsonSerializer.Serialize(beginning, Format)));
    }

    /// <summary>Writes what came of it; that of a resumed rollback replaces an earlier one.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public void End(string id, IncidentEnding ending) => Put(id, "ending", JsonSerializer.Serialize(ending, Format));

    /// <summary>Writes whether it held; the latest observation replaces an earlier one.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public void Observe(string id, ObservationResult observation) =>
        Put(id, "observation", JsonSerializer.Serialize(observation with { Deployment = null }, Format));

    private void Put(string id, string column, string document)
    {
        using var journal = state.OpenJournal();
        journal.Query(
            $"INSERT INTO incident (id, {column}) VALUES ($id, $document) ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column}", _ => true,
            ("$id", id), ("$document", document));
    }

    /// <summary>Adds a note.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public void Note(string id, IncidentNote note)
    {
        using var journal = state.OpenJournal();
        journal.Query("INSERT INTO incident_note (incident, at, by, text) VALUES ($id, $at, $by, $text)", _ => true,
            ("$id", id), ("$at", note.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)), ("$by", note.By), ("$text", note.Text));
    }

    /// <summary>What is written down of each incident, by its id. Makes no file.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public IReadOnlyDictionary<string, IncidentDocument> All()
    {
        using var journal = state.TryReadJournal();
        if (journal is null)
            return new Dictionary<string, IncidentDocument>();
        var notes = journal.Query("SELECT incident, at, by, text FROM incident_note ORDER BY id", row => (Id: row.GetString(0), Note: new IncidentNote
        {
            At = DateTimeOffset.Parse(row.GetString(1), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
            By = row.GetString(2),
            Text = row.GetString(3),
        })).ToLookup(row => row.Id, row => row.Note, StringComparer.Ordinal);
        var documents = journal.Query("SELECT id, beginning, ending, observation FROM incident", row => (Id: row.GetString(0), Document: new IncidentDocument(
            Read<IncidentBeginning>(row, 1), Read<IncidentEnding>(row, 2), Read<ObservationResult>(row, 3), [])))
            .ToDictionary(row => row.Id, row => row.Document, StringComparer.Ordinal);
        return notes.Select(group => group.Key).Union(documents.Keys).ToDictionary(
            id => id, id => documents.GetValueOrDefault(id, new(null, null, null, [])) with { Notes = [.. notes[id]] }, StringComparer.Ordinal);
    }

    private static T? Read<T>(SqliteDataReader row, int column)
        where T : class => row.IsDBNull(column) ? null : JsonSerializer.Deserialize<T>(row.GetString(column), Format);
}
