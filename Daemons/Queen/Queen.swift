// Queen
