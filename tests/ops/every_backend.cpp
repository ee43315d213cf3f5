#include "every_backend.hpp"

#include "devices/devices.hpp"

namespace crosslift::testing {

std::vector<BackendPointer> backends() {
    return every_backend();
}

bool emulated() {
    return false;
}

}  // namespace crosslift::testing
