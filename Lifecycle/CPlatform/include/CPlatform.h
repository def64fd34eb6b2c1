// What Glibc's Swift module does not import.
#pragma once
