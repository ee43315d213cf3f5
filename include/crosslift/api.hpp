// Marks what the shared library exports; everything else is hidden.
#pragma once

#define CROSSLIFT_API __attribute__((visibility("default")))
