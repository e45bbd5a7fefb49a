using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ShoreGuard.Rollback.Engine;

/// <summary>Which process it is that makes something: written on the thing, so that a later call can tell one in use from one that a killed process
/// has left.</summary>
/// <param name="Machine">Where its id means something.</param>
/// <param name="Id">Its id.</param>
/// <param name="Started">When it was started, UTC: the system gives ids again.</param>
internal sealed record ProcessIdentity(
    [property: JsonPropertyName("machine")] string Machine,
    [property: JsonPropertyName("process")] int Id,
    [property: JsonPropertyName("started")] DateTimeOffset Started)
{
    // Start times are counted in ticks from the boot, and come out a little different each time.
    private static readonly TimeSpan Inexact = TimeSpan.FromSeconds(2);

    /// <summary>Which installation of the system it ran in, however often that is started; null where that has no number of its own.</summary>
    [JsonPropertyName("installation")]
    public string? Installation { get; init; }

    /// <summary>This process.</summary>
    public static ProcessIdentity Own()
    {
        using var process = Process.GetCurrentProcess();
        return new(ThisMachine(), process.Id, process.StartTime.ToUniversalTime()) { Installation = ThisInstallation() };
    }

    /// <summary>What <see cref="ToString"/> has written; null for anything else.</summary>
    public static ProcessIdentity? TryParse(string? text)
    {
        try
        {
            return text is null ? null : JsonSerializer.Deserialize<ProcessIdentity>(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether it is surely gone: it ran here, and does not any more, or the machine was started anew since. Of another machine's nothing can be
    /// told.</summary>
    public bool IsGone() => IsOfHere ? !IsRunning() : Installation is not null && Installation == ThisInstallation() && BootOf(Machine) is { } boot
        && boot != BootOf(ThisMachine());

    /// <summary>Whether it would be found here, if it ran.</summary>
    [JsonIgnore]
    public bool IsOfHere => Machine == ThisMachine();

    /// <summary>Whether it is this process.</summary>
    [JsonIgnore]
    public bool IsOwn => IsOfHere && Id == Environment.ProcessId && IsRunning();

    /// <summary>As text that <see cref="TryParse"/> reads.</summary>
    public override string ToString() => JsonSerializer.Serialize(this);

    private bool IsRunning()
    {
        try
        {
            using var process = Process.GetProcessById(Id);
            return (process.StartTime.ToUniversalTime() - Started).Duration() < Inexact;
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception)
        {
            return true; // There is one, and nothing more can be told.
        }
    }

    // See machine-id(5). Containers have none, or their host's, whose boot is theirs as well.
    private static string? ThisInstallation() => File.Exists("/etc/machine-id") && File.ReadAllText("/etc/machine-id").Trim() is { Length: > 0 } id ? id : null;

    private static string? BootOf(string machine) => machine.Split(' ') is [_, var boot, ..] ? boot : null;

    // Cloned machines have one name, containers of one host one kernel; ids of processes are unique within a boot's namespace alone.
    private static string ThisMachine() => string.Join(' ', new[]
    {
        Environment.MachineName,
        File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : null,
        File.Exists("/proc/self/ns/pid") ? new FileInfo("/proc/self/ns/pid").LinkTarget : null,
    }.OfType<string>());
}
