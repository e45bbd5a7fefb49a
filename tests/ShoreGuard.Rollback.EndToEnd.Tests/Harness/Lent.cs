using ShoreGuard.Rollback.EndToEnd.Tests;

// What tests lend each other is taken away after the last of them.
[assembly: AssemblyFixture(typeof(LentProjects))]
[assembly: AssemblyFixture(typeof(OlderEngines))]
