namespace ShoreGuard.Rollback;

/// <summary>How an alert is related to a deploy.</summary>
public enum AlertRelation
{
    /// <summary>Nothing was given that it could be related to, or when it began is not known.</summary>
    Unknown,
    /// <summary>It began before the deploy, or fired when the deploy was made: no symptom of it.</summary>
    BeforeDeploy,
    /// <summary>It began after the deploy, and had fired in the hour before it as well: it may be no symptom.</summary>
    Recurring,
    /// <summary>It began after the deploy, and had not fired in the hour before it: it may be a symptom.</summary>
    AfterDeploy,
}
