// KeeperCommands
