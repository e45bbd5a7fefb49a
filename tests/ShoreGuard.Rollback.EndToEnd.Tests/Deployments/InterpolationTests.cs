using System.Runtime.Loader;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Deployments;

/// <summary>The engine puts variables into texts, and reads environment files, as Compose itself does.</summary>
public sealed class InterpolationTests : IDisposable
{
    private const int Count = 1500;
    private static readonly string[] Names = ["SET", "EMPTY", "UNSET", "_U1", "OTHER"];
    private static readonly string[] Operators = [":-", "-", ":+", "+", ":?", "?"];
    private static readonly string[] Texts = ["a", "a b", "$$", "$", "$ ", "$1", ":", "-x", "ü", "/", "?", "{\"k\": 1}", "#", "'", "@sha256:00", "$${SET}",
        "\\"];
    private static readonly Dictionary<string, string> Variables = new() { ["SET"] = "set", ["EMPTY"] = "", ["_U1"] = "u$1", ["OTHER"] = "${SET}" };

    // In a context of its own: the module under test is loaded by Import-Module alone.
    private static readonly System.Reflection.Assembly Engine = new AssemblyLoadContext("engine")
        .LoadFromAssemblyPath(Path.Combine(Repository.Layout, "lib", "ShoreGuard.Rollback.Engine.dll"));
    private readonly string _folder = Directory.CreateTempSubdirectory("sgtest-compose-").FullName;

    [Fact]
    public void Texts_with_variables()
    {
        _ = Stack.Repository;
        var random = new Random(20261122);
        var templates = Enumerable.Range(0, Count).Select(_ => Template(random, 3)).ToList();
        var ours = templates.Select(template => Expand(template)).ToList();
        // One that Compose would refuse would hide all others: those have a test of their own.
        var valid = templates.Where((_, index) => ours[index] is not null).ToList();
        Assert.InRange(valid.Count, Count / 4, Count);

        var theirs = Compose(valid, Variables);

        Assert.All(valid, (template, index) => Assert.Equal((template, Expand(template)), (template, theirs[index])));
    }

    [Theory]
    [InlineData("${UNSET:?e}")]
    [InlineData("${EMPTY:?}")]
    [InlineData("${UNSET?}")]
    [InlineData("${SET:-x} ${UNSET?}")]
    [InlineData("${UNSET-${UNSET?}}")]
    [InlineData("${SET+${UNSET?}}")]
    [InlineData("${SET-${UNSET?}}")]
    [InlineData("${UNSET+${UNSET?}}")]
    [InlineData("${SET:?${UNSET?}}")]
    [InlineData("${SET:-${UNSET}")]
    [InlineData("${}")]
    [InlineData("${1}")]
    [InlineData("${SET!}")]
    [InlineData("${SET")]
    public void What_Compose_refuses(string template)
    {
        _ = Stack.Repository;
        Assert.Null(Expand(template));
        Assert.Throws<InvalidOperationException>(() => Compose([template], Variables));
    }

    [Fact]
    public void Environment_files()
    {
        _ = Stack.Repository;
        var file = """
            # comment
            A1=plain
            A2 = spaces around   # comment
            A3='single ${SET} # no comment \' quote'
            A4="double ${SET} \$SET \"q\" \t tab # no comment" # comment
            export A5=exported
            A6=a#b
            A7="two
            lines"
            A8=${A1}-$SET-${UNSET:-d}
            A9: yaml style
            B1=
            B2=""
            B3=twice
            B3=again ${B3}
            B4=gr\u00fcn ü
            B5="back\\slash \z"
            B6=$$dollar
            B7='$$dollar'
            B8=a'b"c
            SET=beaten
            SET2
            B9 =  tab	# no comment
            """.Replace("\n", "\r\n", StringComparison.Ordinal).Replace("A1=plain\r", "A1=plain", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, ".env"), file);
        var type = EngineType("EnvFile");
        Func<string, string?> exported = Variables.GetValueOrDefault;
        var ours = (IReadOnlyDictionary<string, string>)type.GetMethod(
            "Values")!.Invoke(type.GetMethod("Read")!.Invoke(null, [Encoding.UTF8.GetBytes(file)]), [exported])!;
        string[] names = ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "SET", "SET2"];

        var theirs = Compose([.. names.Select(name => $"${{{name}-unset}}")], Variables);

        Assert.All(names, (name, index) =>
            Assert.Equal((name, Variables.GetValueOrDefault(name) ?? ours.GetValueOrDefault(name) ?? "unset"), (name, theirs[index])));
    }

    // One call for all: each text is the value of a variable of the one service.
    private List<string> Compose(List<string> templates, Dictionary<string, string> variables)
    {
        var environment = new JsonObject(templates.Select((template, index) => KeyValuePair.Create($"K{index}", (JsonNode?)template)));
        var project = new JsonObject { ["services"] = new JsonObject { ["app"] = new JsonObject { ["image"] = "app", ["environment"] = environment } } };
        var path = Path.Combine(_folder, "compose.json");
        File.WriteAllText(
            path, project.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        var answer = Docker.Run(["compose", "--project-directory", _folder, "--file", path, "config", "--format", "json"], variables);
        // The command gives its warnings after its answer, and dollars as a Compose file has to write them.
        var json = JsonDocument.Parse(answer[..(answer.LastIndexOf("\n}", StringComparison.Ordinal) + 2)]);
        var values = json.RootElement.GetProperty("services").GetProperty("app").GetProperty("environment");
        return [.. templates.Select((_, index) => values.GetProperty($"K{index}").GetString()!.Replace("$$", "$", StringComparison.Ordinal))];
    }

    private static Type EngineType(string name) => Engine.GetType($"ShoreGuard.Rollback.Engine.Deployments.Compose.{name}", throwOnError: true)!;

    private static string? Expand(string template)
    {
        Func<string, string?> lookup = Variables.GetValueOrDefault;
        try
        {
            return (string)EngineType("Interpolation").GetMethod("Expand")!.Invoke(null, [template, lookup])!;
        }
        catch (System.Reflection.TargetInvocationException error) when (error.InnerException is FormatException)
        {
            return null;
        }
    }

    private static string Template(Random random, int depth) => string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Piece(random, depth)));

    private static string Piece(Random random, int depth) => random.Next(depth > 0 ? 4 : 2) switch
    {
        0 => Texts[random.Next(Texts.Length)],
        1 => random.Next(2) == 0 ? $"${Names[random.Next(Names.Length)]}" : $"${{{Names[random.Next(Names.Length)]}}}",
        _ => $"${{{Names[random.Next(Names.Length)]}{Operators[random.Next(Operators.Length)]}{Template(random, depth - 1)}}}",
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
