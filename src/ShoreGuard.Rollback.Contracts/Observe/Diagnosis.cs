namespace ShoreGuard.Rollback;

/// <summary>What the runbook's first step concludes from the probes.</summary>
public enum Diagnosis
{
    /// <summary>Nothing is wrong.</summary>
    Healthy,
    /// <summary>A dependency (database, gateway) fails: configuration or infrastructure, not the image.</summary>
    DependencyFailure,
    /// <summary>The process lives and its dependencies answer, but the build itself misbehaves.</summary>
    ImageSuspected,
    /// <summary>The build that runs is not the one that was expected: the pipeline is wrong, not the code.</summary>
    WrongBuild,
    /// <summary>Nothing answers there.</summary>
    Unreachable,
    /// <summary>What answers is not ShoreGuard: a proxy's page, another service.</summary>
    NotShoreGuard,
}
