using System.Text.Json;
using ShoreGuard.Rollback.Benchmarks;
using ShoreGuard.Rollback.EndToEnd.Tests;

if (args is not [var results])
{
    Console.Error.WriteLine("usage: ShoreGuard.Rollback.Benchmarks RESULTS-FILE");
    return 64;
}

List<Measurement> measurements = [await ImportTime.Measure(Console.Out.WriteLine)];
if (Stack.IsThere)
    measurements.AddRange(await SwitchOutage.Measure(Console.Out.WriteLine));
else
    Console.WriteLine("The outage of a switch is not measured: no stack is there (eng/with-stack.sh).");
foreach (var m in measurements) Console.WriteLine($"{m.Name}: {m.Ours:0.0} {m.Unit}; {m.PeerName}: {m.Peer:0.0} {m.Unit}; ratio {m.Ratio:0.00}; {m.Runs} runs");
Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(results))!);
await using var file = File.Create(results);
await JsonSerializer.SerializeAsync(file, measurements, Measurement.Json);
Console.WriteLine($"Written to {results}");
return 0;
