namespace ShoreGuard.Rollback.Engine.Tests;

/// <summary>Which program a name stands for.</summary>
public sealed class ProgramPathTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    // Beside the program that runs the tests, and in the folder that is current: .NET and Windows look into both before PATH.
    [Fact]
    public void One_that_lies_in_the_current_folder_alone_is_none()
    {
        var name = $"sgtest-{Guid.NewGuid():n}";
        var path = Place(name, Environment.CurrentDirectory);
        try
        {
            Assert.Null(ProgramPath.Find(name));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task One_that_lies_in_the_current_folder_alone_is_not_run()
    {
        var name = $"sgtest-{Guid.NewGuid():n}";
        var path = Place(name, Environment.CurrentDirectory);
        try
        {
            Assert.Null(await ToolProcess.RunAsync(name, [], new Dictionary<string, string?>(), CancellationToken.None));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_path_is_taken_as_it_is() =>
        Assert.Equal(Place("tool", _folder), ProgramPath.Find(Path.Combine(_folder, Path.GetFileName(Place("tool", _folder)))));

    [Fact]
    public void A_program_of_the_system_is_found_by_its_name()
    {
        var (name, file) = OperatingSystem.IsWindows() ? ("cmd", "cmd.exe") : ("sh", "sh");
        Assert.Equal(file, Path.GetFileName(ProgramPath.Find(name)), ignoreCase: true);
    }

    private static string Place(string name, string folder)
    {
        var path = Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name);
        File.WriteAllText(path, "#!/bin/sh\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
