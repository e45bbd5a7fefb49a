namespace ShoreGuard.Rollback;

/// <summary>How a database stands to the migrations of an image.</summary>
public enum SchemaVerdict
{
    /// <summary>It is at the image's heads: a start of the image leaves it as it is.</summary>
    Same,
    /// <summary>It is behind the image: a start of the image upgrades it.</summary>
    Behind,
    /// <summary>It is ahead of the image, which refuses to start on it; a downgrade by the newer image, or a restore, comes first.</summary>
    Ahead,
    /// <summary>Each has migrations that the other does not know: the image refuses to start, and no downgrade alone leads to it.</summary>
    Diverged,
    /// <summary>The image does not know the database's revision and refuses to start; which of them is ahead nobody can tell without the image that
    /// made it.</summary>
    Unknown,
}
