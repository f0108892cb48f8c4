// Tests of Supervisor.
