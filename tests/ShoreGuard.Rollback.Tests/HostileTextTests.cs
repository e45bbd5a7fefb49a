using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Tests;

/// <summary>What an application, an image or a registry says of itself reaches a terminal as text and as nothing else.</summary>
public sealed partial class HostileTextTests : IDisposable
{
    // A title, a clipboard (OSC 52), a cleared screen, a C1 control, half a surrogate pair, a direction, a line of its own.
    private const string Hostile = "\e]0;title\a\e]52;c;eA==\a\e[2J\u009b31m\ud800\u202e\u2066x\rBACK\nLINE";
    private readonly ModuleHost _host = new();

    public void Dispose() => _host.Dispose();

    [GeneratedRegex(@"\e\[[0-9;]*m")]
    private static partial Regex Colours();

    private static void IsFit(string shown)
    {
        // A carriage return before the end of a line is the system's, and one elsewhere is not.
        var plain = Colours().Replace(shown, "").Replace("\r\n", "\n", StringComparison.Ordinal);
        Assert.DoesNotContain(plain, each => (char.IsControl(each) && each != '\n') || each is '\u202e' or '\u2066');
        Assert.DoesNotContain(plain.Split('\n'), line => line.StartsWith("LINE", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[ShoreGuard.Rollback.Release]@{ Repository = $t; Image = $t; Version = $t; GitSha = $t; Tags = [string[]]@($t) }")]
    [InlineData("[ShoreGuard.Rollback.HealthCheck]@{ Name = $t; State = 'Failed'; Message = $t }")]
    [InlineData("[ShoreGuard.Rollback.BuildIdentity]@{ Version = $t; GitSha = $t; Source = $t }")]
    public void A_view_shows_codes_and_keeps_its_own_colours(string make)
    {
        foreach (var shape in (string[])["$r", "$r | Format-Table"])
        {
            var shown = _host.Run($"$PSStyle.OutputRendering = 'Ansi'; $t = $args[0]; $r = {make}; {shape} | Out-String -Width 200",
                Hostile.Replace("\ud800", "\u001c", StringComparison.Ordinal)).ThrowIfFailed().Texts[0];
            IsFit(shown);
            Assert.Contains("\e[", shown, StringComparison.Ordinal);
            Assert.Contains(@"\u{1B}", Colours().Replace(shown, "").Replace("\r\n", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Half_a_pair_is_a_code_and_a_whole_one_is_itself() => Assert.Equal(@"True True",
        _host.Run("$s = ([ShoreGuard.Rollback.HealthCheck]@{ Name = \"a$([char]0xd800)b\"; State = 'Ok'; Message = \"$([char]::ConvertFromUtf32(0x1f600))\" } "
        + "| Out-String -Width 200); \"$($s.Contains('a\\u{D800}b')) $($s.Contains([char]::ConvertFromUtf32(0x1f600)))\"").ThrowIfFailed().Texts[0]);

    [Fact]
    public void What_is_without_an_end_is_cut_and_the_record_has_it_all()
    {
        var result = _host.Run(
            "$r = [ShoreGuard.Rollback.HealthCheck]@{ Name = 'x' * 900000; State = 'Ok'; Message = \"$([char]27)[2J\" }; ($r | Out-String -Width 120).Length; "
            + "$r.Name.Length; $r.Message.Length").ThrowIfFailed().Texts;
        Assert.InRange(int.Parse(result[0], System.Globalization.CultureInfo.InvariantCulture), 1000, 30_000);
        Assert.Equal(["900000", "4"], result.Skip(1));
    }

    [Fact]
    public void An_error_shows_codes_too()
    {
        var error = Assert.Single(
            _host.Run("Test-ShoreGuardBackup -LiteralPath $args[0]", Path.Combine(Path.GetTempPath(), "no-\e[2J\u202e-backup.sqlite")).Errors);
        IsFit(error.ErrorDetails.Message);
        IsFit(error.CategoryInfo.ToString());
        Assert.Contains(@"\u{1B}[2J\u{202E}", error.ErrorDetails.Message, StringComparison.Ordinal);
    }
}
