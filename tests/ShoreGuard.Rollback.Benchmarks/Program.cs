using System.Text.Json;
using ShoreGuard.Rollback.Benchmarks;
using ShoreGuard.Rollback.EndToEnd.Tests;

if (args is not [var results, .. var only] || only.Length > 1)
{
    Console.Error.WriteLine("usage: ShoreGuard.Rollback.Benchmarks RESULTS-FILE [import|switch|releases|containers]");
    return 64;
}

List<Measurement> measurements = [];
if (Wanted("import"))
    measurements.Add(await ImportTime.Measure(Console.Out.WriteLine));
if (!Stack.IsThere)
    Console.WriteLine("Switches, releases and containers are not measured: no stack is there (eng/with-stack.sh).");
if (Stack.IsThere && Wanted("releases"))
    measurements.AddRange(await ManyReleases.Measure(Console.Out.WriteLine));
if (Stack.IsThere && Wanted("containers"))
    measurements.Add(ManyContainers.Measure(Console.Out.WriteLine));
if (Stack.IsThere && Wanted("switch"))
    measurements.AddRange(await SwitchOutage.Measure(Console.Out.WriteLine));
foreach (var m in measurements) Console.WriteLine($"{m.Name}: {m.Ours:0.0} {m.Unit}; {m.PeerName}: {m.Peer:0.0} {m.Unit}; ratio {m.Ratio:0.00}; {m.Runs} runs");
Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(results))!);
await using var file = File.Create(results);
await JsonSerializer.SerializeAsync(file, measurements, Measurement.Json);
Console.WriteLine($"Written to {results}");
return 0;

bool Wanted(string name) => only.Length == 0 || only[0] == name;
