// Hive
