namespace ShoreGuard.Rollback;

/// <summary>Where the new image is written down, so that a later deploy does not bring the old one back.</summary>
public enum PinTarget
{
    /// <summary><c>Env</c> where a variable decides the image, else <c>ComposeFile</c>.</summary>
    Auto,
    /// <summary>In the variable that the Compose file's <c>image:</c> names, in the project's <c>.env</c>.</summary>
    Env,
    /// <summary>In the text of the <c>image:</c> in the Compose file.</summary>
    ComposeFile,
    /// <summary>Nowhere.</summary>
    None,
}
