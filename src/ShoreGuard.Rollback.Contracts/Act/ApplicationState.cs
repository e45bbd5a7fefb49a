namespace ShoreGuard.Rollback;

/// <summary>What became of the application around a restore.</summary>
public enum ApplicationState
{
    /// <summary>No deployment was given; the application is the caller's.</summary>
    NotManaged,
    /// <summary>It did not run before, and does not now.</summary>
    StayedStopped,
    /// <summary>It was not stopped: the restore failed before it came to that.</summary>
    KeptRunning,
    /// <summary>It was stopped for the restore and runs again; whether it is ready could not be found out from here.</summary>
    Restarted,
    /// <summary>It was stopped and stays so, because its image would migrate the restored schema forward again.</summary>
    LeftStopped,
    /// <summary>It was stopped for the restore, and did not start again.</summary>
    StartFailed,
    /// <summary>It was stopped for the restore, runs again, and is live and ready.</summary>
    Ready,
    /// <summary>It was stopped for the restore, runs again and is live; the checks that keep it from being ready failed before the restore too.</summary>
    Live,
    /// <summary>It was stopped for the restore and started again, but did not become ready in the time it was given, or ended.</summary>
    NotReady,
}
