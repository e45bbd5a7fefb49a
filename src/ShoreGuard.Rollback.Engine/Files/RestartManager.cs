using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ShoreGuard.Rollback.Engine.Files;

/// <summary>Windows' own answer to who has a file open, which installers ask (learn.microsoft.com, "Restart Manager").</summary>
[SupportedOSPlatform("windows")]
internal static partial class RestartManager
{
    // restartmanager.h, winerror.h.
    private const int KeyLength = 33, Success = 0, MoreData = 234;

    /// <summary>The other processes that have a file open, by id, with the names that Windows shows for them; empty where it does not tell.</summary>
    public static unsafe Dictionary<int, string> HoldersOf(string path)
    {
        var key = stackalloc char[KeyLength];
        if (StartSession(out var session, 0, key) != Success)
            return [];
        try
        {
            return Register(session, 1, [path], 0, IntPtr.Zero, 0, IntPtr.Zero) == Success ? List(session) : [];
        }
        finally
        {
            _ = EndSession(session);
        }
    }

    // How many there are is told by a first question, and may be another number at the next.
    private static unsafe Dictionary<int, string> List(uint session)
    {
        var found = new ProcessInfo[8];
        for (var look = 0; look < 5; look++)
        {
            var count = (uint)found.Length;
            uint needed;
            int answer;
            fixed (ProcessInfo* list = found)
                answer = GetList(session, out needed, ref count, list, out _);
            switch (answer)
            {
                case Success:
                    return found.Take((int)count).Where(each => each.Process.Id != Environment.ProcessId)
                        .DistinctBy(each => each.Process.Id).ToDictionary(each => each.Process.Id, each => each.Name);
                case MoreData:
                    found = new ProcessInfo[needed + 8];
                    break;
                default:
                    return [];
            }
        }
        return [];
    }

    // RM_UNIQUE_PROCESS.
    [StructLayout(LayoutKind.Sequential)]
    private struct UniqueProcess
    {
        public int Id;
        public uint StartLow, StartHigh;
    }

    // RM_PROCESS_INFO.
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct ProcessInfo
    {
        private const int LongestName = 255, LongestService = 63;

        public UniqueProcess Process;
        private fixed char _name[LongestName + 1];
        private fixed char _service[LongestService + 1];
        private int _type;
        private uint _status;
        private uint _session;
        private int _canRestart;

        /// <summary>The program's name; a service's own.</summary>
        public string Name
        {
            get
            {
                fixed (char* name = _name)
                    return new string(name);
            }
        }
    }

    [LibraryImport("rstrtmgr", EntryPoint = "RmStartSession")]
    private static unsafe partial int StartSession(out uint session, int flags, void* key);

    [LibraryImport("rstrtmgr", EntryPoint = "RmRegisterResources", StringMarshalling = StringMarshalling.Utf16)]
    private static partial int Register(uint session, uint files, string[] paths, uint applications, IntPtr processes, uint services, IntPtr names);

    [LibraryImport("rstrtmgr", EntryPoint = "RmGetList")]
    private static unsafe partial int GetList(uint session, out uint needed, ref uint count, void* found, out uint reasons);

    [LibraryImport("rstrtmgr", EntryPoint = "RmEndSession")]
    private static partial int EndSession(uint session);
}
