using System.Text.Json;
using System.Text.Json.Serialization;

namespace ShoreGuard.Rollback.Engine.Schema;

/// <summary>What the probe said of an image: its migrations, or why it has none that can be read.</summary>
internal sealed record ProbeAnswer
{
    private const string Marker = "shoreguard-migrations:";

    private static readonly JsonSerializerOptions Json = new(
        JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() }, RespectNullableAnnotations = true };

    public string? Error { get; init; }
    public IReadOnlyList<Migration> Migrations { get; init; } = [];
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Finds the answer in what the probe's container printed; null when it is not there, or not whole.</summary>
    public static ProbeAnswer? TryFind(string output)
    {
        var line = output.Split('\n').LastOrDefault(text => text.StartsWith(Marker, StringComparison.Ordinal));
        return line is null ? null : TryParse(line.AsSpan(Marker.Length));
    }

    /// <summary>Reads an answer; null when it is none.</summary>
    public static ProbeAnswer? TryParse(ReadOnlySpan<char> json)
    {
        try
        {
            var answer = JsonSerializer.Deserialize<ProbeAnswer>(json, Json);
            return answer is { Error: not null } or { Migrations.Count: > 0 } ? answer : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>As the probe writes it.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>The migrations.</summary>
    public MigrationGraph ToGraph() => new(Migrations, Problems);
}
