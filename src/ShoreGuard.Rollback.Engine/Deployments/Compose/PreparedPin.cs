using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>A pin that is written beside its file, and takes the file's place in one step.</summary>
internal sealed class PreparedPin : IDisposable
{
    private readonly ComposePin _pin;
    private readonly byte[]? _before;
    private readonly byte[] _after;
    private readonly AtomicFile _file;
    private bool _committed;

    private PreparedPin(ComposePin pin)
    {
        _pin = pin;
        RequireFile(pin.Path);
        _before = ForeignFile.TryRead(pin.Path);
        (_after, var oldValue) = pin.Apply(_before);
        Record = new() { Path = pin.Path, Variable = pin.Variable, OldValue = oldValue, NewValue = pin.NewValue };
        AtomicFile.RemoveLeftOvers(pin.Path);
        _file = AtomicFile.Prepare(pin.Path, _after);
    }

    /// <summary>The pin as the result shows it.</summary>
    public Pin Record { get; }

    /// <summary>Refuses a pin that could not be written. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException"><c>PinNotWritable</c>; those of a Compose file that cannot be edited.</exception>
    public static void Check(ComposePin pin) => Writing(pin.Path, () =>
    {
        RequireFile(pin.Path);
        _ = pin.IsWritten();
        return NativeFile.IsWritableFolder(Path.GetDirectoryName(pin.Path)!) ? true : throw new UnauthorizedAccessException("its folder cannot be written to");
    });

    private static void RequireFile(string path)
    {
        if (Directory.Exists(path))
            throw new IOException("it is a folder");
    }

    /// <summary>Writes it beside its file. The file stays as it is.</summary>
    /// <exception cref="ShoreGuardException"><c>PinNotWritable</c>.</exception>
    public static PreparedPin Prepare(ComposePin pin) => Writing(pin.Path, () => new PreparedPin(pin));

    /// <summary>Puts it in its place.</summary>
    /// <exception cref="ShoreGuardException"><c>PinNotWritable</c>; <c>PinFileChanged</c> when somebody else has changed the file meanwhile.</exception>
    public void Commit() => Writing(_pin.Path, () =>
    {
        if (!IsNow(_before))
            throw Errors.PinFileChanged(_pin.Path);
        _file.Commit();
        return _committed = true;
    });

    /// <summary>Puts the file back as it was; nothing happens when the pin is not in its place.</summary>
    /// <exception cref="ShoreGuardException"><c>PinNotWritable</c>; <c>PinFileChanged</c> when somebody else has changed the file since.</exception>
    public void Undo() => Writing(_pin.Path, () =>
    {
        if (!_committed)
            return false;
        if (!IsNow(_after))
            throw Errors.PinFileChanged(_pin.Path);
        if (_before is null)
        {
            File.Delete(_pin.Path);
            return true;
        }
        using var old = AtomicFile.Prepare(_pin.Path, _before);
        old.Commit();
        return true;
    });

    /// <summary>The reference that Compose runs with the pin in place.</summary>
    public string Image => _pin.Image;

    /// <summary>How Compose sees a project with a pin in place.</summary>
    /// <param name="Deployment">The deployment.</param>
    /// <param name="Variables">The variables to export: an exported one beats the file.</param>
    /// <param name="Environment">What the service's <c>env_file:</c> will say.</param>
    public sealed record View(Deployment Deployment, IReadOnlyDictionary<string, string?> Variables, IReadOnlyDictionary<string, string> Environment);

    /// <summary>The deployment, and the variables, under which Compose sees its project as it will be with the pin in place.</summary>
    public View Preview(Deployment deployment)
    {
        if (_pin.Variable is not { } variable)
        {
            return new(
                deployment with { ComposeFiles = [.. deployment.ComposeFiles.Select(path => path == _pin.Path ? _file.TemporaryPath : path)],
                EnvironmentFiles = ComposeVariables.GivenTo(deployment) },
                new Dictionary<string, string?>(), new Dictionary<string, string>());
        }
        var environment = new Dictionary<string, string>();
        if (ComposeProject.TryRead(deployment)?.IsGivenByFile(variable, _pin.Path) == true)
            environment[variable] = _pin.NewValue;
        return new(deployment, new Dictionary<string, string?> { [variable] = _pin.NewValue }, environment);
    }

    /// <summary>Takes away what a killed process has left beside the files that can hold a deployment's pin. What is on another machine, or not
    /// this user's to remove, stays: it is read by nobody, and no reason to leave a rollback unfinished.</summary>
    public static void RemoveLeftOvers(Deployment deployment)
    {
        if (!ComposeProject.Has(deployment))
            return;
        foreach (var path in ComposeVariables.FilesOf(deployment).Concat(deployment.ComposeFiles))
        {
            try
            {
                AtomicFile.RemoveLeftOvers(path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
            }
        }
    }

    /// <summary>Takes the unused content away.</summary>
    public void Dispose() => _file.Dispose();

    private bool IsNow(byte[]? content) => content is null
        ? !File.Exists(_pin.Path)
        : ForeignFile.TryRead(_pin.Path) is { } now && content.AsSpan().SequenceEqual(now);

    private static T Writing<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.PinNotWritable(path, error);
        }
    }
}
