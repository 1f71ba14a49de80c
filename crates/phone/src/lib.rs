//! A pure softphone, citizen or agent, for the simulator, the load generator and the command line.
