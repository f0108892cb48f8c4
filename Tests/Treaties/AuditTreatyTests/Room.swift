// Tests of AuditTreaty.
