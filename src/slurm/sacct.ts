const columns =
  'JobIDRaw,JobID,Cluster,Account,User,Partition,QOS,State,ExitCode,Submit,Eligible,Start,End,ElapsedRaw,Suspended,' +
  'TimelimitRaw,AllocNodes,AllocTRES,ReqTRES,TotalCPU,AveRSS,NTasks,ConsumedEnergyRaw,NodeList'

/**
 * How to ask Slurm so that nothing is missing: all users, all runs, whole megabytes, times that need no zone, and no
 * column in which users write what they like. Whoever tells people to ask Slurm tells them this.
 */
export const sacctCall = `SLURM_TIME_FORMAT=%s sacct --allusers --duplicates --parsable2 --noconvert --starttime 2026-11-01 --format=${columns}`
