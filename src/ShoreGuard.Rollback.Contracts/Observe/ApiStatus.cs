namespace ShoreGuard.Rollback;

/// <summary>Whether an API does its work.</summary>
public enum ApiStatus
{
    /// <summary>Every call was answered as it should be; gateways may be offline.</summary>
    Working,
    /// <summary>A call failed, or a gateway that was connected before no longer is.</summary>
    Failing,
    /// <summary>It cannot be told: the token is missing or not accepted, its role is not enough, or the limit of requests is reached.</summary>
    Inconclusive,
    /// <summary>Nothing answers there.</summary>
    Unreachable,
}
