using System.Text.Json;
using ShoreGuard.Rollback.Benchmarks;

if (args is not [var results])
{
    Console.Error.WriteLine("usage: ShoreGuard.Rollback.Benchmarks RESULTS-FILE");
    return 64;
}

Measurement[] measurements = [await ImportTime.Measure(Console.Out.WriteLine)];
foreach (var m in measurements) Console.WriteLine($"{m.Name}: {m.Ours:0.0} {m.Unit}; {m.PeerName}: {m.Peer:0.0} {m.Unit}; ratio {m.Ratio:0.00}; {m.Runs} runs");
Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(results))!);
await using var file = File.Create(results);
await JsonSerializer.SerializeAsync(file, measurements, Measurement.Json);
Console.WriteLine($"Written to {results}");
return 0;
