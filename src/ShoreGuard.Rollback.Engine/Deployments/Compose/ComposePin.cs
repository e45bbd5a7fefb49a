using System.Text;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>Where and how a target is to be written down; nothing is written yet.</summary>
internal abstract record ComposePin(string Path, string NewValue)
{
    /// <summary>What the operator should know about it, each a sentence.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The reference that Compose runs with the pin in its place.</summary>
    public string Image { get; init; } = "";

    /// <summary>The variable that holds the pin; null where the text of the Compose file does.</summary>
    public abstract string? Variable { get; }

    /// <summary>The file's new content, and what it said before; null for a file that does not exist yet, or says nothing of it.</summary>
    /// <exception cref="ShoreGuardException">The Compose file has changed since it was read.</exception>
    public abstract (byte[] Content, string? OldValue) Apply(byte[]? content);

    /// <summary>Whether the file says so already.</summary>
    public bool IsWritten() => ForeignFile.TryRead(Path) is { } content && Apply(content).OldValue == NewValue;

    /// <summary>Puts back what a file said before a pin was written. Nothing happens where it does not say what the pin does.</summary>
    /// <param name="deployment">Whose pin it is.</param>
    /// <param name="pin">The pin.</param>
    /// <param name="existed">Whether there was such a file before.</param>
    /// <exception cref="ShoreGuardException"><c>PinNotWritable</c>; those of a Compose file that is gone or broken.</exception>
    public static void TakeBack(Deployment deployment, Pin pin, bool existed)
    {
        try
        {
            if (!File.Exists(pin.Path) || pin.OldValue == pin.NewValue)
                return;
            var content = ForeignFile.Read(pin.Path);
            ComposePin placed = pin.Variable is { } variable
                ? new EnvPin(pin.Path, variable, pin.NewValue) : new ComposeFilePin(pin.Path, deployment.Service!, pin.NewValue);
            if (placed.Apply(content).OldValue != pin.NewValue)
                return;
            if (!existed)
            {
                File.Delete(pin.Path);
                return;
            }
            var before = pin.OldValue is { } old ? (placed with { NewValue = old }).Apply(content).Content
                : pin.Variable is { } added ? EnvFile.Read(content).Without(added).ToBytes()
                : ((ComposeFilePin)placed).Without(content);
            using var file = AtomicFile.Prepare(pin.Path, before);
            file.Commit();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Errors.PinNotWritable(pin.Path, error);
        }
    }

    /// <summary>As it will read.</summary>
    public override string ToString() => Variable is null ? $"image: {NewValue}" : $"{Variable}={NewValue}";

    /// <summary>Finds the place for a deployment.</summary>
    /// <param name="deployment">Whose Compose files say what decides the image.</param>
    /// <param name="image">The target, with its digest where it has one.</param>
    /// <param name="wanted">Where the operator wants it.</param>
    /// <param name="isNamed">Whether the operator named a whole image, and not only a release of the one that runs.</param>
    /// <param name="obstacle">Why nothing is pinned; null when it is.</param>
    /// <exception cref="ShoreGuardException">The Compose file is gone, not YAML, or lacks the service; or the pin that is wanted cannot be made.</exception>
    public static ComposePin? Find(Deployment deployment, ImageReference image, PinTarget wanted, bool isNamed, out string? obstacle)
    {
        obstacle = wanted == PinTarget.None ? "-Pin None was given, so the next 'docker compose up' may bring the old build back"
            : !ComposeProject.Has(deployment) ? "it was not made by Compose, so there is no file to pin it in"
            : null;
        if (obstacle is null)
            return Find(ComposeProject.Read(deployment), image, wanted, isNamed);
        return wanted is PinTarget.Env or PinTarget.ComposeFile ? throw Errors.PinImpossible(deployment.Name, wanted, obstacle) : null;
    }

    private static ComposePin Find(ComposeProject project, ImageReference image, PinTarget wanted, bool isNamed)
    {
        var place = project.Image ?? project.Build ?? throw Errors.ComposeServiceEmpty(project.Deployment.ComposeFiles[^1], project.Deployment.Service!);
        if (place.Template is null && !isNamed)
            throw Errors.ComposeServiceBuilt(place.Path, project.Deployment.Service!);
        var variable = wanted == PinTarget.ComposeFile ? null : EnvPin.Find(project, image);
        if (variable is null && wanted == PinTarget.Env)
            throw Errors.PinImpossible(project.Deployment.Name, wanted, $"there is no variable in {place.Path} that alone would make its image: {image}");
        var pin = variable is null ? ComposeFilePin.Find(project, place, image) : Fit(project, place, image, variable, wanted);
        pin = pin with { Image = pin.Image.Length > 0 ? pin.Image : image.ToString() };
        return project.Build is null ? pin : pin with { Warnings = [.. pin.Warnings, BuildBeside(project, image)] };
    }

    // What else a variable is used for has to bear its new value: names, ports and other images none, an environment and labels no digest.
    private static ComposePin Fit(ComposeProject project, ComposeImage place, ImageReference image, EnvPin pin, PinTarget wanted)
    {
        var uses = project.UsesOf(pin.Name, pin.Path, pin.NewValue, image);
        if (uses.Elsewhere.Count == 0 && !(uses.IsInEnvironment && image.Digest is not null))
            return pin;
        if (uses.Elsewhere.Count == 0 && image.Tag is not null && EnvPin.Find(project, image with { Digest = null }) is { } tag)
        {
            return tag with
            {
                Warnings = [.. tag.Warnings, $"{pin.Name} gets the tag without its digest, since the service's environment or labels name it too. "
                    + "If the tag is moved in the registry, the next docker compose up runs what it then means."],
            };
        }
        var where = uses.Elsewhere.Count > 0 ? string.Join(", ", uses.Elsewhere) : "the environment or labels of the service";
        if (wanted == PinTarget.Env)
            throw Errors.PinImpossible(project.Deployment.Name, wanted, $"{pin.Name} is also used in {where}, which would change with it");
        var own = ComposeFilePin.Find(project, place, image);
        return own with
        {
            Warnings = [.. own.Warnings, $"The target is pinned in {own.Path} and not by {pin.Name}, which is also used in {where}: that would change with it."
                + (uses.IsInEnvironment ? $" The service's environment or labels that name {pin.Name} stay as they are." : "")],
        };
    }

    /// <summary>Refuses a pin by a variable whose value comes from elsewhere: where the files do not give what runs, they do not decide what will run
    /// either.</summary>
    /// <param name="deployment">Whose pin it is.</param>
    /// <returns>What is to be said where it is not certain; null when it is.</returns>
    /// <exception cref="ShoreGuardException"><c>PinNotDecisive</c>.</exception>
    public string? Doubt(Deployment deployment)
    {
        if (Variable is not { } variable)
            return null;
        var project = ComposeProject.Read(deployment);
        if (project.GivesWhatRuns())
            return null;
        var given = project.Image!.Template!.Expand(project.Variables.Lookup) ?? "nothing";
        return project.Variables.InFiles(variable) is null
            ? throw Errors.PinNotDecisive(deployment.Name, variable, project.Image.Path, given, deployment.Image)
            : $"The files here give '{given}' and not {deployment.Image}, which runs. If {variable} comes from elsewhere than {Path} at the next docker "
                + "compose up, the pin has no effect.";
    }

    // Docker refuses to give a built image a name with a digest, so by digest the checkout cannot pass for the release; by tag it can.
    private static string BuildBeside(ComposeProject project, ImageReference image) =>
        $"The service {project.Deployment.Service} has build: beside image:, so 'docker compose up --build', and 'up' when the image is missing and cannot be "
            + "pulled, "
        + (image.Digest is null ? $"build the checkout and run it as {image}" : "try to build the checkout, and fail because of the digest")
        + $": take build: out of {project.Build!.Path} on this machine.";
}

/// <summary>A pin in the variable that decides the image, in an environment file.</summary>
internal sealed record EnvPin(string Path, string Name, string NewValue) : ComposePin(Path, NewValue)
{
    /// <inheritdoc/>
    public override string Variable => Name;

    /// <summary>Finds it; null when no variable decides the image.</summary>
    public static EnvPin? Find(ComposeProject project, ImageReference image)
    {
        if (project.Image?.Template is not { Variable: { } variable } template || template.ValueFor(image, project.Variables.Lookup) is not { } value)
            return null;
        var pin = new EnvPin(project.Variables.FileFor(variable), variable, value) { Image = image.ToString() };
        return Environment.GetEnvironmentVariable(variable) is { } exported && exported != value
            ? pin with { Warnings = [$"This shell exports {variable}, which beats the pin in {pin.Path} at the next 'docker compose up': unset it."] }
            : pin;
    }

    /// <inheritdoc/>
    public override (byte[] Content, string? OldValue) Apply(byte[]? content)
    {
        var file = EnvFile.Read(content);
        return (file.With(Name, NewValue).ToBytes(), file[Name]);
    }

    /// <inheritdoc/>
    public override string ToString() => base.ToString();
}

/// <summary>A pin in the text of the Compose file whose <c>image:</c> counts.</summary>
internal sealed record ComposeFilePin(string Path, string Service, string NewValue) : ComposePin(Path, NewValue)
{
    /// <inheritdoc/>
    public override string? Variable => null;

    /// <summary>Finds it.</summary>
    /// <exception cref="ShoreGuardException"><c>ComposeImageNotEditable</c>.</exception>
    public static ComposeFilePin Find(ComposeProject project, ComposeImage place, ImageReference image)
    {
        var service = project.Deployment.Service!;
        if (place.Obstacle is { } obstacle)
            throw Errors.ComposeImageNotEditable(place.Path, service, obstacle);
        return new(place.Path, service, place.Template?.With(image, project.Variables.Lookup) ?? image.ToString());
    }

    /// <inheritdoc/>
    public override (byte[] Content, string? OldValue) Apply(byte[]? content)
    {
        var place = Locate(content ?? []) ?? throw Errors.ComposeServiceMissing(Path, Service);
        var edited = place.With(NewValue);
        // The text was changed where the parser says it is: the parser then has to read what was meant.
        if (Locate(edited)?.Template?.Text != NewValue)
            throw Errors.ComposeImageNotEditable(Path, Service, "its text is not understood");
        return (edited, place.Template?.Text);
    }

    /// <inheritdoc/>
    public override string ToString() => base.ToString();

    /// <summary>The file without the <c>image:</c> that <see cref="Apply"/> has given to a service that had none.</summary>
    /// <exception cref="ShoreGuardException"><c>ComposeImageNotEditable</c>: it does not stand there as it was put there.</exception>
    public byte[] Without(byte[] content)
    {
        var text = Encoding.Latin1.GetString(content);
        foreach (var added in Added(text))
        {
            var without = Encoding.Latin1.GetBytes(string.Concat(text.AsSpan(0, added.Start), text.AsSpan(added.End)));
            if (Apply(without).Content.AsSpan().SequenceEqual(content))
                return without;
        }
        throw Errors.ComposeImageNotEditable(Path, Service, "its text has been changed since the pin was put there");
    }

    // As a line of its own, or between braces.
    private IEnumerable<(int Start, int End)> Added(string text)
    {
        var image = $"image: {NewValue}";
        for (var at = text.IndexOf(image, StringComparison.Ordinal); at >= 0; at = text.IndexOf(image, at + 1, StringComparison.Ordinal))
        {
            var (line, end) = (at == 0 ? 0 : text.LastIndexOf('\n', at - 1) + 1, text.IndexOf('\n', at) + 1);
            if (end > 0)
                yield return (line, end);
            yield return (at, Math.Min(text.Length, at + image.Length + ", ".Length));
        }
    }

    private ComposeImage? Locate(byte[] content)
    {
        var services = ComposeService.FindAll(YamlText.Parse(Path, content), Service).ToList();
        var place = services.Select(ComposeImage.Find).LastOrDefault(found => found is not null)
            ?? services.Select(ComposeImage.FindPlace).LastOrDefault(found => found is not null);
        return place is { Obstacle: null } ? place : null;
    }
}
