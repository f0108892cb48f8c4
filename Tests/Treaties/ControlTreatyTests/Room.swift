// Tests of ControlTreaty.
