using System.Text.Json;
using ShoreGuard.Rollback.Benchmarks;
using ShoreGuard.Rollback.EndToEnd.Tests;

if (args is not [var results, .. var only] || only.Length > 1)
{
    Console.Error.WriteLine("usage: ShoreGuard.Rollback.Benchmarks RESULTS-FILE [import|switch|releases|containers|databases|memory|plan|record|busy]");
    return 64;
}

List<Measurement> measurements = [];
if (Wanted("import"))
    Keep(await ImportTime.Measure(Console.Out.WriteLine));
if (Wanted("databases"))
    Keep(SqliteSpeed.Measure(Console.Out.WriteLine));
if (!Stack.IsThere)
    Console.WriteLine("Switches, plans, releases, containers and PostgreSQL are not measured: no stack is there (eng/with-stack.sh).");
if (Stack.IsThere && Wanted("databases"))
    Keep(PostgresSpeed.Measure(Console.Out.WriteLine));
if (Stack.IsThere && Wanted("memory"))
    Keep(ContainerMemory.Measure(Console.Out.WriteLine));
if (Stack.IsThere && Wanted("releases"))
    Keep(await ManyReleases.Measure(Console.Out.WriteLine));
if (Stack.IsThere && Wanted("containers"))
    Keep(ManyContainers.Measure(Console.Out.WriteLine));
if (Stack.IsThere && Wanted("plan"))
    Keep(Planning.Measure(Console.Out.WriteLine));
if (Stack.IsThere && Wanted("record"))
    Keep(RecordCost.Measure(Console.Out.WriteLine));
if (Stack.IsThere && Wanted("busy"))
    Keep(await BusyOutage.Measure(Console.Out.WriteLine));
if (Stack.IsThere && Wanted("switch"))
    Keep(await SwitchOutage.Measure(Console.Out.WriteLine));
Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(results))!);
await using var file = File.Create(results);
await JsonSerializer.SerializeAsync(file, measurements, Measurement.Json);
Console.WriteLine($"Written to {results}");
return 0;

bool Wanted(string name) => only.Length == 0 || only[0] == name;

// Told at once: what comes later may fail.
void Keep(params IEnumerable<Measurement> rows)
{
    foreach (var m in rows)
    {
        measurements.Add(m);
        Console.WriteLine($"{m.Name}: {m.Ours:0.0} {m.Unit}; {m.PeerName}: {m.Peer:0.0} {m.Unit}; ratio {m.Ratio:0.00}; {m.Runs} runs");
    }
}
