# One object of every record as the cmdlets make them. Whoever runs this says what Show does with them.
$now=[DateTimeOffset]'2026-11-22T03:12:08Z'
function probe($p,$s,$e){ [ShoreGuard.Rollback.ProbeResult]@{Path=$p;StatusCode=$s;LatencyMs=3.4;Error=$e} }
function check($n,$st,$m,$l,$a,$i=$false){ [ShoreGuard.Rollback.HealthCheck]@{Name=$n;State=$st;Message=$m;LatencyMs=$l;AgeSec=$a;Ignored=$i} }
$old=[ShoreGuard.Rollback.BuildIdentity]@{Version='0.28.0';GitSha='4f1c2ab000000000000000000000000000000000';BuildTime=$now;Source='http://localhost:8888/version'}
$new=[ShoreGuard.Rollback.BuildIdentity]@{Version='0.27.0';GitSha='a1b2c3d4e5f60718293a4b5c6d7e8f9001122334';BuildTime=$now;Source='http://localhost:8888/version'}
function report($u,$st,$live,$ready,$id,$checks,$diag,$ex,$rec,$err) { [ShoreGuard.Rollback.HealthReport]@{Uri=$u;Status=$st;Live=$live;Ready=$ready;Identity=$id;Checks=[ShoreGuard.Rollback.HealthCheck[]]$checks;Liveness=(probe '/healthz' 200 $err);Readiness=(probe '/readyz?verbose=1' 503 $err);Version=(probe '/version' 200 $err);Diagnosis=$diag;Explanation=$ex;Recommendation=$rec;CheckedAt=$now;Gateways=[ShoreGuard.Rollback.GatewaySummary]@{Total=2;Connected=1;Degraded=$true;Gateways=[ShoreGuard.Rollback.GatewayState[]]@([ShoreGuard.Rollback.GatewayState]@{Name='gw1';Status='online';Connected=$true;LastSeen=$now},[ShoreGuard.Rollback.GatewayState]@{Name='gw2';Status='unknown'})}} }
$ok=@((check 'database' 'Ok' 'ok' 0.4 $null),(check 'gateway_service' 'Ok' 'ok' $null $null),(check 'background_health_monitor' 'Ok' 'ok' $null 1.9))
$bad=$ok+@(check 'background_cleanup' 'Dead' 'dead' $null $null)
$r1=report 'http://localhost:8888' 'NotReady' $true $false $old $bad 'ImageSuspected' 'The image is suspected: the process is live and its dependencies answer, but background_cleanup is dead.' 'If it did not fail before the deploy, roll back with Get-ShoreGuardDeployment | Invoke-ShoreGuardImageRollback -Version VERSION. If it did, it is no symptom: Test-ShoreGuardHealth -IgnoreCheck background_cleanup'
$r2=report 'https://shoreguard.example/sg/' 'Healthy' $true $true $new $ok 'Healthy' 'x' 'y'
$r3=report 'http://172.18.0.3:8888' 'Degraded' $true $true $new ($ok+@((check 'gateways' 'Degraded' '1 of 2 connected' $null $null),(check 'background_discovery' 'Dead' 'dead' $null $null $true))) 'Healthy' 'x' 'y'
$r4=report 'http://10.0.0.9:8888' 'Unreachable' $false $false $null @() 'Unreachable' 'Nothing answers at http://10.0.0.9:8888/: connection refused.' 'See whether the container runs, and where it answers: Get-ShoreGuardDeployment. One that crashes at its start says why in docker logs' 'connection refused'
$dep=[ShoreGuard.Rollback.Deployment]@{Name='prod-shoreguard-1';ContainerId='f'*64;Project='prod';Service='shoreguard';Image='localhost:5000/shoreguard:0.28.0';ImageId='sha256:'+'9'*64;Digest='localhost:5000/shoreguard@sha256:'+'5'*64;Identity=$old;State='running';Health='healthy';StartedAt=$now;Uri='http://localhost:8888';Database=[ShoreGuard.Rollback.DatabaseLocation]@{Kind='Sqlite';Url='sqlite:////home/shoreguard/.config/shoreguard/shoreguard.db';HostPath='/var/lib/docker/volumes/prod_data/_data/shoreguard.db'};ComposeFiles=[string[]]@('/opt/shoreguard/docker-compose.yml');ComposeDirectory='/opt/shoreguard';DockerHost='unix:///var/run/docker.sock'}
$dep2=[ShoreGuard.Rollback.Deployment]@{Name='staging-shoreguard-1';ContainerId='f'*64;Project='staging';Image='ghcr.io/flohofstetter/shoreguard:0.27.0@sha256:'+'a'*64;ImageId='sha256:'+'9'*64;State='exited';Database=[ShoreGuard.Rollback.DatabaseLocation]@{Kind='Postgres';Url='postgresql+psycopg://shoreguard:***@db:5432/shoreguard'};DockerHost='unix:///var/run/docker.sock'}
$far=[ShoreGuard.Rollback.BuildIdentity]@{Version='0.27.0';Source='http://172.18.0.2:8888/version';Route='ContainerNetwork'}
$r5=[ShoreGuard.Rollback.HealthReport]@{Uri='http://172.18.0.2:8888';Route='ContainerNetwork';Status='Healthy';Live=$true;Ready=$true;Identity=$far;Checks=[ShoreGuard.Rollback.HealthCheck[]]$ok;Liveness=(probe '/healthz' 200 $null);Readiness=(probe '/readyz?verbose=1' 200 $null);Version=(probe '/version' 200 $null);Diagnosis='Healthy';Explanation='x';Recommendation='y';CheckedAt=$now}
function step($n,$name,$o,$ms,$d){[ShoreGuard.Rollback.StepResult]@{Number=$n;Name=$name;Outcome=$o;StartedAt=$now;Duration=[TimeSpan]::FromMilliseconds($ms);Detail=$d}}
$steps=[ShoreGuard.Rollback.StepResult[]]@((step 1 'Pull localhost:5000/shoreguard:0.27.0' 'Done' 1210 'already here, sha256:52ac0000000000000000000000000000000000000000000000'),(step 2 'Stop prod-shoreguard-1' 'Done' 430 'outage begins'),(step 3 'Start 0.27.0' 'Done' 640 $null),(step 4 'Gate' 'Done' 2300 'live, ready, identity 0.27.0 (a1b2c3d)'),(step 5 'Pin' 'Skipped' 2 'no variable'))
$bsteps=[ShoreGuard.Rollback.StepResult[]]@((step 1 'Pull localhost:5000/shoreguard:0.27.0' 'Done' 1210 'already here'),(step 2 'Stop prod-shoreguard-1' 'Undone' 430 'outage begins'),(step 3 'Start 0.27.0' 'Failed' 64000 'exit code 3'))
$gate=[ShoreGuard.Rollback.GateResult]@{Passed=$true;Duration=[TimeSpan]::FromSeconds(2.3);Health=$r2}
$bgate=[ShoreGuard.Rollback.GateResult]@{Passed=$false;Reason="the container ended with exit code 3: Can't locate revision identified by '018'";Duration=[TimeSpan]::FromSeconds(2.3);Log=[string[]]@('INFO  [alembic.runtime.migration] Context impl SQLiteImpl.',"alembic.util.exc.CommandError: Can't locate revision identified by '018'")}
$out=[ShoreGuard.Rollback.Outage]@{Duration=[TimeSpan]::FromSeconds(1.31);Began=$now;Ended=$now.AddSeconds(1.31);Probes=40;Failed=9}
$pin=[ShoreGuard.Rollback.Pin]@{Path='/opt/shoreguard/.env';Variable='SHOREGUARD_VERSION';OldValue='0.28.0';NewValue='0.27.0@sha256:'+'5'*64}
$res=[ShoreGuard.Rollback.ImageRollbackResult]@{Succeeded=$true;Reverted=$false;Name='prod-shoreguard-1';Before=$old;After=$new;ImageBefore='localhost:5000/shoreguard:0.28.0';Image='localhost:5000/shoreguard:0.27.0';Digest='sha256:'+'5'*64;DigestBefore='sha256:'+'9'*64;Strategy='Recreate';StrategyReason='no host port is published';Gate=$gate;Outage=$out;Pin=$pin;Steps=$steps;Warnings=[string[]]@('SHOREGUARD_VERSION is exported in this shell and would override the pin: unset it.');Recommendation='Watch it for a while: Test-ShoreGuardHealth http://localhost:8888';Duration=[TimeSpan]::FromSeconds(11.8);Deployment=$dep}
$rev=[ShoreGuard.Rollback.ImageRollbackResult]@{Succeeded=$false;Reverted=$true;Reason=$bgate.Reason;Name='prod-shoreguard-1';Before=$old;After=$old;ImageBefore='localhost:5000/shoreguard:0.28.0';Image='localhost:5000/shoreguard:0.27.0';Strategy='Recreate';StrategyReason='no host port is published';Gate=$bgate;Outage=$out;Steps=$bsteps;Recommendation='The schema is ahead of the image. Restore a backup of revision 016 first: Restore-ShoreGuardDatabase, then run this again.';Duration=[TimeSpan]::FromSeconds(71.8);Deployment=$dep}
$rows=[ShoreGuard.Rollback.TableRows[]]@([ShoreGuard.Rollback.TableRows]@{Table='gateways';Rows=40},[ShoreGuard.Rollback.TableRows]@{Table='audit_entries';Rows=1234567})
$dchecks=[ShoreGuard.Rollback.DatabaseCheck[]]@([ShoreGuard.Rollback.DatabaseCheck]@{Name='quick_check';Passed=$true;Detail='ok';Duration=[TimeSpan]::FromMilliseconds(12)},[ShoreGuard.Rollback.DatabaseCheck]@{Name='foreign_key_check';Passed=$true;Duration=[TimeSpan]::FromMilliseconds(3)})
$bak=[ShoreGuard.Rollback.Backup]@{BackupPath='/var/backups/shoreguard/shoreguard-20261122T031214Z.sqlite';Kind='Sqlite';Database='sqlite:////home/shoreguard/.config/shoreguard/shoreguard.db';Revision='016';Size=13002342;Sha256='ab'*32;Rows=$rows;Checks=$dchecks;Identity=$new;CreatedAt=$now;Duration=[TimeSpan]::FromMilliseconds(420)}
$rst=[ShoreGuard.Rollback.RestoreResult]@{Succeeded=$true;Reverted=$false;BackupPath=$bak.BackupPath;Kind='Sqlite';Database=$bak.Database;RevisionBefore='018';Revision='016';Size=13002342;Rows=$rows;Checks=$dchecks;Kept='/var/lib/docker/volumes/prod_data/_data/shoreguard.db.20261122T031214Z.old';Application='LeftStopped';Outage=[TimeSpan]::FromMilliseconds(310);Steps=[ShoreGuard.Rollback.StepResult[]]@((step 1 'Prove the backup' 'Done' 30 'revision 016'),(step 2 'Swap' 'Done' 8 $null));Recommendation='Roll the image back next: Get-ShoreGuardDeployment | Invoke-ShoreGuardImageRollback -Version 0.27.0';Duration=[TimeSpan]::FromSeconds(1.2)}
$rstfail=[ShoreGuard.Rollback.RestoreResult]@{Succeeded=$false;Reverted=$true;Reason='The copy of the backup is not what was copied';BackupPath=$bak.BackupPath;Kind='Sqlite';Database=$bak.Database;RevisionBefore='018';Revision='018';Size=0;Rows=$rows;Application='Restarted';Outage=[TimeSpan]::FromMilliseconds(310);Steps=[ShoreGuard.Rollback.StepResult[]]@((step 1 'Stop prod-shoreguard-1' 'Undone' 30 $null),(step 2 'Swap' 'Failed' 8 'it is not what was copied'));Duration=[TimeSpan]::FromSeconds(1.2)}
$rstundo=[ShoreGuard.Rollback.RestoreResult]@{Succeeded=$true;Reverted=$false;PutBack=$rst.Kept;Kind='Sqlite';Database=$bak.Database;Location='/var/lib/docker/volumes/prod_data/_data/shoreguard.db';RevisionBefore='016';Revision='018';Size=13002342;Rows=$rows;Checks=$dchecks;Kept='/var/lib/docker/volumes/prod_data/_data/shoreguard.db.before-restore-20261122T041530Z';Application='Ready';Outage=[TimeSpan]::FromSeconds(1.4);Steps=[ShoreGuard.Rollback.StepResult[]]@((step 1 'Exchange the present and the kept database' 'Done' 3 $null));Duration=[TimeSpan]::FromSeconds(1.6)}
'=== HealthReport'
$r1,$r2,$r3,$r4,$r2 | Show
'=== one healthy'
$r2 | Show
'=== asked inside'
$r5 | Show
$far | Show
'=== Checks'
$r3.Checks | Show
'=== Liveness'
$r1.Liveness,$r4.Readiness | Show
'=== Gateways'
$r1.Gateways | Show
$r1.Gateways.Gateways | Show
'=== Build'
$new | Show
'=== Deployment'
$dep,$dep2 | Show
'=== Result ok'
$res | Show
'=== Result reverted'
$rev | Show
'=== two results'
$res,$rev | Show
'=== Steps'
$rev.Steps | Show
'=== Gate'
$gate,$bgate | Show
'=== Outage, Pin'
$out | Show
$pin | Show
'=== Backups'
$bak | Show
'=== Backup'
([psobject]$bak).PSObject.TypeNames.Insert(0,'ShoreGuard.Rollback.Backup#Made')
$bak | Show
'=== Database'
[ShoreGuard.Rollback.DatabaseReport]@{Kind='Sqlite';Transport='Direct';Database=$bak.Database;Location='/srv/shoreguard.db';ServerVersion='SQLite 3.50';Size=13002342;Revision='016';Rows=$rows} | Show
'=== Backup reports'
function bakreport($u,$p,$c,$i,$r,$v,$n){[ShoreGuard.Rollback.BackupReport]@{BackupPath=$bak.BackupPath;Backup=$bak;Usable=$u;Problem=$p;Revision='016';Checksum=$c;Integrity=$i;Restored=$r;Verified=$v;Rows=$rows;Age=[TimeSpan]::FromHours(31);Rpo=[TimeSpan]::FromDays(2);RestoreDuration=[TimeSpan]::FromSeconds(2);CheckDuration=[TimeSpan]::FromSeconds(3);CheckedAt=$now;Duration=[TimeSpan]::FromSeconds(6);Recommendation=$n}}
(bakreport $true $null 'Passed' 'Passed' 'Passed' 'Passed' $null),(bakreport $false 'it is cut off' 'NotRun' 'Failed' 'NotRun' 'NotRun' 'Do not rely on it.'),(bakreport $false 'No PostgreSQL server answers' 'Passed' 'NotRun' 'NotRun' 'NotRun' 'Check host and port.') | Show
'=== Cadence'
[ShoreGuard.Rollback.BackupCadence]@{DeploymentName='prod-shoreguard-1';Database=$bak.Database;Kind='Sqlite';Backups=14;Proven=13;BackupPath=$bak.BackupPath;Age=[TimeSpan]::FromHours(3);LargestGap=[TimeSpan]::FromHours(49);GapBegan=$now.AddHours(-52);GapEnded=$now.AddHours(-3);Rpo=[TimeSpan]::FromDays(1);Explanation='x';Recommendation='Find out why there was none.';CheckedAt=$now},[ShoreGuard.Rollback.BackupCadence]@{Kind='Postgres';Backups=1;Proven=0;Explanation='x';CheckedAt=$now} | Show
'=== Blocked'
[ShoreGuard.Rollback.BlockedImage]@{Image='ghcr.io/flohofstetter/shoreguard:0.28.0';Digest='sha256:'+'5'*64;GitSha=$old.GitSha;Version='0.28.0';Reason='a background task dies';BlockedAt=$now;BlockedBy='operator'} | Show
'=== Release reports'
function rcheck($n,$o,$r,$e){[ShoreGuard.Rollback.ReleaseCheck]@{Name=$n;Outcome=$o;Required=$r;Explanation=$e}}
$rchecks=[ShoreGuard.Rollback.ReleaseCheck[]]@((rcheck 'NotBlocked' 'Passed' $true 'neither its digest nor its commit is blocked'),(rcheck 'Signature' 'Warned' $false 'The image x is not signed'),(rcheck 'Reversible' 'Failed' $true '018 cannot be taken back: its downgrade() refuses'),(rcheck 'Backup' 'Unknown' $false 'backups cannot be looked at'))
[ShoreGuard.Rollback.ReleaseReport]@{Name='prod-shoreguard-1';Image='localhost:5000/shoreguard:0.30.0@sha256:'+'5'*64;Digest='sha256:'+'5'*64;Version='0.30.0';GitSha=$new.GitSha;Passed=$false;Inconclusive=$false;Checks=$rchecks;Explanation='x';Recommendation='Back the database up just before it is deployed.';CheckedAt=$now},[ShoreGuard.Rollback.ReleaseReport]@{Image='localhost:5000/shoreguard:0.27.0';Passed=$false;Inconclusive=$true;Checks=[ShoreGuard.Rollback.ReleaseCheck[]]$rchecks[0,3];Explanation='x';Recommendation='y';CheckedAt=$now} | Show
$rchecks | Show
'=== Known good'
[ShoreGuard.Rollback.KnownGoodBuild]@{Image='ghcr.io/flohofstetter/shoreguard:0.27.0';Digest='sha256:'+'4'*64;GitSha=$old.GitSha;Version='0.27.0';Reason='passed its gate as prod-shoreguard-1, and stayed ready for 5 s';ProvenAt=$now;ProvenBy='operator'} | Show
'=== Rows, checks'
$rows | Show
$dchecks | Show
'=== Restore'
$rst | Show
'=== Restore failed'
$rstfail | Show
'=== Restore undone'
$rstundo | Show
'=== Restored applications'
'Restarted','Live','NotReady' | ForEach-Object { $state = $_; [ShoreGuard.Rollback.RestoreResult]@{Succeeded=$true;Reverted=$false;BackupPath=$bak.BackupPath;Kind='Sqlite';Database=$bak.Database;Revision='016';Size=1;Application=$state;Outage=[TimeSpan]::FromSeconds(60);Steps=[ShoreGuard.Rollback.StepResult[]]@();Duration=[TimeSpan]::FromSeconds(61)} } | Show
$pub=[ShoreGuard.Rollback.BuildIdentity]@{Version='0.28.0';GitSha='4f1c2ab000000000000000000000000000000000';BuildTime=$now;Source='localhost:5000/shoreguard@sha256:'+'6'*64}
$same=[ShoreGuard.Rollback.IdentityReport]@{Name='prod-shoreguard-1';Uri='http://localhost:8888';Image=$dep.Image;Verdict='Match';Answered=$old;Running=$old;Published=$pub;RunningDigest='sha256:'+'6'*64;PublishedDigest='sha256:'+'6'*64;TagMoved=$false;Checked=[string[]]@('the running image is the published image, by digest');Explanation='x';Recommendation='y';CheckedAt=$now;Deployment=$dep}
$moved=[ShoreGuard.Rollback.IdentityReport]@{Name='prod-shoreguard-1';Uri='http://localhost:8888';Image=$dep.Image;Verdict='Mismatch';Answered=$new;Running=$old;Published=$pub;RunningDigest='sha256:'+'7'*64;PublishedDigest='sha256:'+'6'*64;TagMoved=$true;Differences=[ShoreGuard.Rollback.IdentityDifference[]]@([ShoreGuard.Rollback.IdentityDifference]@{Field='git_sha';Expected=$old.GitSha;ExpectedBy='the running image';Actual=$new.GitSha;ActualOf='what answers'});Explanation='x';Recommendation='Find out who pushed the tag again.';CheckedAt=$now;Deployment=$dep}
$unsure=[ShoreGuard.Rollback.IdentityReport]@{Uri='https://shoreguard.example/sg/';Verdict='Inconclusive';Unchecked=[string[]]@('what answers: Nothing answers at https://shoreguard.example/sg/: connection refused');Explanation='x';Recommendation='Make reachable what could not be asked, and ask again; until then nobody knows.';CheckedAt=$now}
function release($v,$sha,$tags,$p,$l,$r){[ShoreGuard.Rollback.Release]@{Repository='localhost:5000/shoreguard';Image="localhost:5000/shoreguard:$($tags[0])@sha256:"+'6'*64;Version=$v;GitSha=$sha;BuildTime=$now;Digest='sha256:'+'6'*64;Platforms=[string[]]@('linux/amd64','linux/arm64');Tags=[string[]]$tags;Size=112238196;IsPublished=$p;IsLocal=$l;IsRunning=$r;Deployment=$dep;DockerHost='unix:///var/run/docker.sock'}}
$releases=@((release '0.28.0' $old.GitSha @('0.28.0','0.28','latest','sha-4f1c2ab') $true $true $true),(release '0.27.1.dev3' $new.GitSha @('0.27.0','0.27','sha-a1b2c3d') $true $false $false),(release '0.26.0' $null @('0.26.0') $false $true $false),(release $null $null @('mine') $false $true $true))
function call($p,$g,$o,$s,$c,$i,$ms,$e){[ShoreGuard.Rollback.ApiCall]@{Path=$p;Gateway=$g;Outcome=$o;StatusCode=$s;Code=$c;Items=$i;LatencyMs=$ms;Error=$e}}
$gcalls=[ShoreGuard.Rollback.ApiCall[]]@((call '/api/gateway/list' $null 'Ok' 200 $null 3 4.1 $null),(call '/api/gateways/gw1/sandboxes' 'gw1' 'Ok' 200 $null 12 8.25 $null),(call '/api/gateways/gw2/sandboxes' 'gw2' 'GatewayOffline' 503 'GATEWAY_NOT_CONNECTED' $null 2 'HTTP 503: mTLS required'))
$works=[ShoreGuard.Rollback.ApiReport]@{Name='prod-shoreguard-1';Uri='http://localhost:8888';Status='Working';Calls=$gcalls;ConnectedGateways=[string[]]@('gw1');OfflineGateways=[string[]]@('gw2','gw3');Explanation='The API works: 3 calls; offline, which is no fault of the build, are gw2, gw3.';Recommendation='If a gateway should be connected, look at the gateway and at its registration.';CheckedAt=$now}
$broken=[ShoreGuard.Rollback.ApiReport]@{Uri='https://shoreguard.example/sg/';Route='ContainerNetwork';Status='Failing';Calls=[ShoreGuard.Rollback.ApiCall[]]@(call '/api/gateway/list' $null 'Failed' 500 $null $null 12 'HTTP 500: Internal Server Error');Explanation='/api/gateway/list: HTTP 500: Internal Server Error.';Recommendation='A build whose API fails is a case for a rollback, however ready it says it is: Get-ShoreGuardRollbackPlan shows the way back.';CheckedAt=$now}
$locked=[ShoreGuard.Rollback.ApiReport]@{Name='prod-shoreguard-1';Uri='http://localhost:8888';Status='Inconclusive';Calls=[ShoreGuard.Rollback.ApiCall[]]@(call '/api/gateway/list' $null 'TokenRefused' 401 'AUTHENTICATION_REQUIRED' $null 3 'HTTP 401: Invalid or missing credentials');Explanation='The API wants a key, and none was given.';Recommendation='Give the key of a service principal.';CheckedAt=$now}
'=== Api'
$works | Show
$broken | Show
$locked | Show
'=== Gate that asked the API'
[ShoreGuard.Rollback.GateResult]@{Passed=$false;Reason='it is ready, and its API does not work: /api/gateway/list: HTTP 500';Duration=[TimeSpan]::FromSeconds(4);Api=$broken} | Show
'=== Api calls'
$works.Calls | Show
'=== Identity'
$same | Show
$moved | Show
$unsure | Show
'=== Where'
$dep.Database | Show
'=== Differences'
$moved.Differences | Show
'=== Release'
$releases | Show
function operation($kind,$table,$name){[ShoreGuard.Rollback.SchemaOperation]@{Kind=$kind;Table=$table;Name=$name;IsConditional=$false;Text='op.x()'}}
function migration($r,$p,$m,$d,$why,$up,$down){[ShoreGuard.Rollback.Migration]@{Revision=$r;Parents=[string[]]$p;Message=$m;FileName="$r.py";Downgrade=$d;DowngradeReason=$why;UpgradeOperations=[ShoreGuard.Rollback.SchemaOperation[]]$up;DowngradeOperations=[ShoreGuard.Rollback.SchemaOperation[]]$down}}
$migrations=[ShoreGuard.Rollback.Migration[]]@(
  (migration '018' @('017') 'Drops a column with what was in it: there is no way back but a backup.' 'Refuses' 'restore a backup taken before 018' @(operation 'DropColumn' 'gateways' 'description') @()),
  (migration '017' @('016') 'Proposed policies.' 'Implemented' $null @(operation 'CreateTable' 'policy_apply_proposals' $null) @(operation 'DropTable' 'policy_apply_proposals' $null)),
  (migration '016' @() 'Hooks.' 'Implemented' $null @(operation 'AddColumn' 'hooks' 'phase') @((operation 'DropColumn' 'hooks' 'phase'),(operation 'DeleteRows' 'hooks' $null))))
$graph=[ShoreGuard.Rollback.MigrationGraph]::new($migrations,$null)
$older=[ShoreGuard.Rollback.MigrationGraph]::new([ShoreGuard.Rollback.Migration[]]@($migrations[2]),$null)
$many=[ShoreGuard.Rollback.MigrationGraph]::new([ShoreGuard.Rollback.Migration[]]@(20..1 | ForEach-Object { migration "$_".PadLeft(3,'0') @(if ($_ -gt 1) { "$($_ - 1)".PadLeft(3,'0') }) 'x' 'Empty' $null @() @() }),$null)
$apart=[ShoreGuard.Rollback.MigrationGraph]::new([ShoreGuard.Rollback.Migration[]]@((migration '1' @('0') 'x' 'Empty' $null @() @()),(migration '2' @() 'x' 'MayRefuse' 'it depends' @() @())),[string[]]@('Alembic warns: something'))
function schema($g,$r){$own=[ShoreGuard.Rollback.SchemaReport]@{Name='prod-shoreguard-1';Revisions=[string[]]$r;Graph=$g;CheckedAt=$now};[ShoreGuard.Rollback.SchemaReport]@{Name=$own.Name;Revisions=$own.Revisions;Database='postgresql+psycopg://shoreguard:***@db:5432/shoreguard';Image=$dep.Image;ImageId='sha256:'+'6'*64;Graph=$g;Own=$own.Compare($dep.Image,$g);Comparison=$own.Compare('localhost:5000/shoreguard:0.27.0',$older);Deployment=$dep;CheckedAt=$now}}
'=== Schema'
(schema $graph @('018')),(schema $graph @('016')),(schema $older @('018')) | Show
'=== Migrations of an image'
$graph | Show
'=== Schema of an image'
[ShoreGuard.Rollback.SchemaReport]@{Name=$dep.Image;Image=$dep.Image;ImageId='sha256:'+'6'*64;Graph=$apart;CheckedAt=$now} | Show
[ShoreGuard.Rollback.SchemaReport]@{Name=$dep.Image;Image=$dep.Image;ImageId='sha256:'+'6'*64;Graph=$many;CheckedAt=$now} | Show
'=== Schema of a database'
[ShoreGuard.Rollback.SchemaReport]@{Name=$bak.Database;Database=$bak.Database;Revisions=[string[]]@();CheckedAt=$now} | Show
'=== Migrations'
$migrations | Show
$migrations[2].DowngradeOperations | Show
(schema $graph @('018')).Comparison | Show
$losses=[ShoreGuard.Rollback.SchemaLoss[]]@([ShoreGuard.Rollback.SchemaLoss]@{Revision='017';Table='policy_apply_proposals';Rows=3},[ShoreGuard.Rollback.SchemaLoss]@{Revision='016';Table='hooks';Column='phase';Rows=1;IsConditional=$true})
function downgrade($ok,$reverted,$why,$m,$state,$next){[ShoreGuard.Rollback.SchemaDowngradeResult]@{Name='prod-shoreguard-1';Succeeded=$ok;Reverted=$reverted;Reason=$why;To='016';Image=$dep.Image;Kind='Sqlite';Database=$bak.Database;RevisionsBefore=[string[]]@('017');Revisions=[string[]]@(if ($ok) { '016' } else { '017' });Migrations=[ShoreGuard.Rollback.Migration[]]$m;Losses=[ShoreGuard.Rollback.SchemaLoss[]]@(if ($m) { $losses });BackupPath=if ($m) { $bak.BackupPath };Application=$state;Outage=[TimeSpan]::FromSeconds(3);Steps=[ShoreGuard.Rollback.StepResult[]]@(if ($m) { step 1 'Stop prod-shoreguard-1' 'Done' 30 $null });Recommendation=$next;Duration=[TimeSpan]::FromSeconds(4);Deployment=$dep}}
'=== Downgrade'
(downgrade $true $false $null @($migrations[1]) 'LeftStopped' 'Start an image whose head is 016.'),(downgrade $false $true 'it said no' @($migrations[1]) 'Restarted' $null),(downgrade $true $false $null @() 'KeptRunning' $null) | Show
$losses | Show
$options=[ShoreGuard.Rollback.RollbackOptions]@{Version='0.27.0';BackupFolder='/var/backups/shoreguard'}
function planstep($n,$name,$c,$u){[ShoreGuard.Rollback.PlanStep]@{Number=$n;Name=$name;Changes=$c;Verification='looked at';Undo=$u}}
$plansteps=[ShoreGuard.Rollback.PlanStep[]]@((planstep 1 'Pull and verify 0.27.0' 'local image store' $null),(planstep 2 'Stop prod-shoreguard-1' 'outage begins' 'start it'),(planstep 3 'Downgrade 017 → 016' 'schema: 017 taken back' 'restore that backup'))
function plan($s,$l,$b,$lost,$o,$good){[ShoreGuard.Rollback.RollbackPlan]@{Id='7c1e55aa';MadeAt=$now;Machine='here';Deployment=$dep;Options=$options;Image='localhost:5000/shoreguard:0.27.0@sha256:'+'5'*64;Digest='sha256:'+'5'*64;To=$new;KnownGood=$good;Health=$r1;Identity=$same;Schema=(schema $graph @('018')).Comparison;Strategy=$s;Decision='the image does not know revision 017';Switch='Recreate';SwitchReason='the database changes with the image';Losses=[ShoreGuard.Rollback.SchemaLoss[]]@($l);Backup=$b;DataLost=$lost;Steps=$plansteps;Warnings=[string[]]@('Be sure.');Obstacles=[string[]]@($o);Recommendation='Run exactly this.';Facts=[ShoreGuard.Rollback.PlanFact[]]@([ShoreGuard.Rollback.PlanFact]@{Name='database';Value='017'})} }
$good=[ShoreGuard.Rollback.KnownGoodBuild]@{Version='0.27.0';Reason='a week without an alert';ProvenAt=$now;ProvenBy='operator'}
'=== Plan'
(plan 'Downgrade' $losses $null $null @() $good) | Show
'=== Plan that restores'
(plan 'Restore' @() $bak ([TimeSpan]::FromMinutes(41)) @() $null) | Show
'=== Plan that stops'
(plan 'ImageOnly' @() $null $null @('It is not the image: the database does not answer.') $null) | Show
'=== Parts of a plan'
$options | Show
$plansteps | Show
(plan 'ImageOnly' @() $null $null @() $null).Facts | Show
function change($s,$what,$from,$to,$why,$bad=$false){[ShoreGuard.Rollback.ObservationChange]@{At=$now.AddSeconds($s);Name='prod-shoreguard-1';What=$what;From=$from;To=$to;Explanation=$why;IsRegression=$bad}}
$changes=[ShoreGuard.Rollback.ObservationChange[]]@((change 40 'API' 'Working' 'Working, offline: gw2' 'The API works: 2 calls; offline, which is no fault of the build, is gw2.'),(change 305 'Health' 'Healthy' 'NotReady' 'The image is suspected: the process is live and its dependencies answer, but background_cleanup is dead.' $true))
function observed($outcome,$c,$a,$why,$next){[ShoreGuard.Rollback.ObservationResult]@{Name='prod-shoreguard-1';Uri='http://localhost:8888';Outcome=$outcome;Identity=$new;StartedAt=$now;EndedAt=$now.AddSeconds(315);ObservationWindow=[TimeSpan]::FromMinutes(15);Looks=63;Availability=$a;Latency=[ShoreGuard.Rollback.LatencyPercentiles]@{P50=3.4;P95=11;P99=120.5;Calls=189};Restarts=$(if ($c) { 1 } else { 0 });Changes=[ShoreGuard.Rollback.ObservationChange[]]@($c);Explanation=$why;Recommendation=$next;Deployment=$dep}}
$watched=observed 'Regressed' $changes 0.952380952380952 'After 5 min 15 s, Health is NotReady for 3 looks in a row. The image is suspected.' 'The way back, and what it costs: Get-ShoreGuardDeployment -Name prod-shoreguard-1 | Get-ShoreGuardRollbackPlan -Previous'
function rolled($ok,$s,$why,$kept){[ShoreGuard.Rollback.RollbackResult]@{Id='7c1e55aa';Succeeded=$ok;Reverted=-not $ok;Reason=$why;Name='prod-shoreguard-1';Before=$old;After=$(if ($ok) { $new } else { $old });ImageBefore=$dep.Image;Image='localhost:5000/shoreguard:0.27.0';Strategy=$s;Switch='Recreate';RevisionsBefore=[string[]]@('017');Revisions=[string[]]@($(if ($ok) { '016' } else { '017' }));Losses=[ShoreGuard.Rollback.SchemaLoss[]]@(if ($ok) { $losses });Kept=[string[]]@($kept);Gate=$gate;Outage=$out;Pin=$pin;Steps=$bsteps;Warnings=[string[]]@('Be sure.');Recommendation='Watch it.';Observation=$(if ($ok) { $watched });Duration=[TimeSpan]::FromSeconds(11.8);Deployment=$dep}}
'=== Rolled back'
(rolled $true 'Downgrade' $null $bak.BackupPath) | Show
'=== Put back'
(rolled $false 'Restore' 'it ended with exit code 3' @()) | Show
function rollback($id,$state){[ShoreGuard.Rollback.RollbackRecord]@{Id=$id;Name='prod-shoreguard-1';DockerHost=$dep.DockerHost;State=$state;Strategy='Downgrade';ImageBefore=$dep.Image;Image=$dep2.Image;VersionBefore='0.28.0';Version='0.27.0';StartedAt=$now;EndedAt=$(if ($state -eq 'Succeeded') { $now.AddSeconds(12) });ProcessId=1;Machine='here';Outage=$(if ($state -eq 'Succeeded') { [TimeSpan]::FromSeconds(1.3) });Steps=[ShoreGuard.Rollback.RollbackStep[]]@([ShoreGuard.Rollback.RollbackStep]@{Number=1;Name='Stop the old container';Outcome='Done';StartedAt=$now;EndedAt=$now.AddSeconds(1)},[ShoreGuard.Rollback.RollbackStep]@{Number=2;Name='Back up the database';StartedAt=$now})}}
'=== Rollbacks'
$rollbacks=@((rollback '7c1e55aa' 'Succeeded'),(rollback '55aa7c1e' 'Unfinished'),(rollback '0011aabb' 'Reverted'))
$rollbacks | Show
$rollbacks[1].Steps | Show
'=== Incident'
$ibuild={param($b,$image)[ShoreGuard.Rollback.IncidentBuild]@{Image=$image;Digest='sha256:'+'5'*64;Version=$b.Version;GitSha=$b.GitSha;BuildTime=$now}}
$itimes=[ShoreGuard.Rollback.IncidentTimes]@{DeployedAt=$now.AddMinutes(-12);SymptomSince=$now.AddMinutes(-10);SymptomKnownBy="the engine's health check, which has failed 4 times in a row";DecidedAt=$now.AddSeconds(-20);StartedAt=$now;EndedAt=$now.AddSeconds(12);OutageBegan=$now.AddSeconds(3);OutageEnded=$now.AddSeconds(4.31);Outage=[TimeSpan]::FromSeconds(1.31);HeldSince=$now.AddSeconds(11)}
function event($k,$t,$a,$e){[ShoreGuard.Rollback.IncidentEvent]@{Kind=$k;Text=$t;At=$a;EndedAt=$e}}
$incident=[ShoreGuard.Rollback.Incident]@{Id='7c1e55aa';Name='prod-shoreguard-1';DockerHost=$dep.DockerHost;State='Succeeded';From=(& $ibuild $old $dep.Image);To=(& $ibuild $new $dep2.Image);Times=$itimes
  Symptom=[ShoreGuard.Rollback.IncidentSymptom]@{Status='NotReady';Diagnosis='ImageSuspected';Explanation='The image is suspected: background_cleanup is dead.';Checks=[ShoreGuard.Rollback.HealthCheck[]]@(check 'background_cleanup' 'Dead' 'dead' $null 130);Log=[string[]]@('INFO: started','ERROR: clean-up failed')}
  Decisions=[ShoreGuard.Rollback.IncidentDecision[]]@([ShoreGuard.Rollback.IncidentDecision]@{About='Database';Choice='Downgrade';Reason='the target does not know revision 017'})
  Steps=$rollbacks[0].Steps;Loss=[ShoreGuard.Rollback.IncidentLoss]@{IsKnown=$true;Dropped=[ShoreGuard.Rollback.SchemaLoss[]]@([ShoreGuard.Rollback.SchemaLoss]@{Revision='017';Table='policy_apply_proposals';Rows=3})}
  Kept=[ShoreGuard.Rollback.IncidentKept[]]@([ShoreGuard.Rollback.IncidentKept]@{What=$bak.BackupPath;Command="Get-ShoreGuardDeployment -Name prod-shoreguard-1 | Restore-ShoreGuardDatabase -BackupPath '$($bak.BackupPath)'"})
  FollowUps=[string[]]@('Write a test that fails on 0.28.0 (4f1c2ab).');Notes=[ShoreGuard.Rollback.IncidentNote[]]@([ShoreGuard.Rollback.IncidentNote]@{At=$now.AddHours(1);By='ops';Text='The cause was a missing index.'})
  Events=[ShoreGuard.Rollback.IncidentEvent[]]@((event 'Deploy' '0.28.0 (4f1c2ab) deployed' $itimes.DeployedAt $null),(event 'Symptom' 'not well' $itimes.SymptomSince $itimes.HeldSince),(event 'Rollback' 'rolled back to 0.27.0 (a1b2c3d)' $itimes.StartedAt $itimes.EndedAt),(event 'Outage' 'nobody was served' $itimes.OutageBegan $itimes.OutageEnded))}
$incident | Show
$incident.From | Show
$incident.Symptom | Show
$incident.Times | Show
$incident.Decisions | Show
$incident.Loss | Show
$incident.Kept | Show
$incident.Notes | Show
$incident.Events | Show
'=== Observed'
$watched | Show
(observed 'Held' @() 1 'It held for 5 min 15 s.' 'No action needed.') | Show
([ShoreGuard.Rollback.ObservationResult]@{Uri='http://10.0.0.9:8888';Outcome='Inconclusive';StartedAt=$now;EndedAt=$now.AddSeconds(900);ObservationWindow=[TimeSpan]::FromMinutes(15);Looks=180;Explanation='Health could not be judged at the end: nothing answers.';Recommendation='Watch it once more.'}) | Show
'=== Changes'
$watched.Changes | Show
$watched.Latency | Show
'=== Mixed'
& { $dep; $res; $rev; $bak; $rst } | Show
'=== Alerts'
function alert($n,$s,$r,$e,$sup,$end=$null){[ShoreGuard.Rollback.Alert]@{Name=$n;State=$s;StartedAt=$now;FiredAt=$now.AddMinutes(2);EndedAt=$end;Duration=[TimeSpan]::FromMinutes(14);Relation=$r;Explanation=$e;Labels=[string[]]@('instance="10.0.0.9:8888"','job="shoreguard"');Selector='alertname="'+$n+'",instance="10.0.0.9:8888",job="shoreguard"';DeployedAt=$now;DeploymentName=$dep.Name;Suppression=$sup;PrometheusUri='https://monitoring.example/prometheus';AlertmanagerUri='https://monitoring.example/alertmanager'}}
(alert 'ShoreGuardDown' 'Firing' 'AfterDeploy' 'Started 40 s after the deploy.' 'None'),(alert 'HighErrorRate' 'Firing' 'BeforeDeploy' 'Began 3 d 2 h before the deploy, so it is no symptom of it.' 'Silenced'),(alert 'GatewayUnhealthy' 'Pending' 'Unknown' 'Began at 2026-11-22 03:12:08 UTC; no deployment was given to relate it to.' 'Unknown'),(alert 'Slow' 'Ended' 'Recurring' 'Started 2 min after the deploy, and had fired until 4 min before it as well, so it may be no symptom of it.' 'Inhibited' $now.AddMinutes(14)) | Show
'=== Silences'
function silence($s){[ShoreGuard.Rollback.Silence]@{Id='6c88bf42-b499-43b8-8899-0986e4aa2301';AlertmanagerUri='https://monitoring.example/alertmanager';Matchers=[string[]]@('job="shoreguard"');StartsAt=$now;EndsAt=$now.AddMinutes(30);State=$s;Comment='Rollback of prod-shoreguard-1';CreatedBy='operator'}}
(silence 'Active'),(silence 'Expired') | Show
