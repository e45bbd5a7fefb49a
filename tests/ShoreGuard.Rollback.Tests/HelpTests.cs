using System.Management.Automation;

namespace ShoreGuard.Rollback.Tests;

public sealed class HelpTests : IDisposable
{
    private readonly ModuleHost _host = new();

    [Fact]
    public void Every_cmdlet_has_a_synopsis_a_description_and_an_example()
    {
        foreach (var name in Cmdlets())
        {
            var help = _host.Run("Get-Help $args[0] -Full", name).ThrowIfFailed().Output.Single();
            Assert.Equal(name, help.Properties["Name"].Value);
            // Without a help file the engine makes the syntax up and calls it the synopsis.
            Assert.DoesNotContain('[', help.Properties["Synopsis"].Value.ToString()!);
            Assert.NotEmpty(_host.Run("(Get-Help $args[0] -Full).description | ForEach-Object Text", name).ThrowIfFailed().Texts);
            Assert.NotEmpty(_host.Run("(Get-Help $args[0] -Full).examples.example | ForEach-Object code", name).ThrowIfFailed().Texts);
        }
    }

    [Fact]
    public void Every_parameter_is_described()
    {
        foreach (var name in Cmdlets())
        {
            var parameters = _host.Run("(Get-Command $args[0]).Parameters.Keys", name).ThrowIfFailed().Texts;
            var described = _host.Run("(Get-Help $args[0] -Full).parameters.parameter | Where-Object { $_.description.Text } | ForEach-Object name", name)
                .ThrowIfFailed().Texts;
            Assert.Equal(parameters.Except(Cmdlet.CommonParameters).Order(), described.Order());
        }
    }

    [Fact]
    public void The_syntax_in_the_help_has_every_parameter_set()
    {
        foreach (var name in Cmdlets())
        {
            var counts = _host.Run("(Get-Command $args[0]).ParameterSets.Count; @((Get-Help $args[0] -Full).syntax.syntaxItem).Count", name)
                .ThrowIfFailed().Texts;
            Assert.Equal(counts[0], counts[1]);
        }
    }

    [Fact]
    public void Every_cmdlet_says_what_it_puts_out()
    {
        foreach (var name in Cmdlets())
            Assert.NotEmpty(_host.Run("(Get-Command $args[0]).OutputType", name).ThrowIfFailed().Output);
    }

    [Theory]
    [InlineData("about_ShoreGuard.Rollback", "SAFETY")]
    [InlineData("about_ShoreGuard_Runbook", "POST-MORTEM")]
    public void About_topics_are_found(string topic, string heading) =>
        Assert.Contains(heading, string.Join('\n', _host.Run("Get-Help $args[0]", topic).ThrowIfFailed().Texts));

    public void Dispose() => _host.Dispose();

    private IReadOnlyList<string> Cmdlets()
    {
        var names = _host.Run("(Get-Command -Module ShoreGuard.Rollback).Name").ThrowIfFailed().Texts;
        Assert.NotEmpty(names);
        return names;
    }
}
